import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Without this alias graphql 16 is loaded twice, once as CommonJS and once as a module, and the two copies reject each other's types.
const resolve = { alias: { graphql: 'graphql/index.js' } };
// Test files share imported modules: a new import for each file took two fifths of the time.
const shared = { isolate: false, testTimeout: 30_000, hookTimeout: 60_000 };
// Group 1, because vitest runs group 0 last if there is one worker.
const together = { ...shared, maxWorkers: 3, sequence: { groupOrder: 1 } };

/** They need a server of their own: `npm run test:conductor`. */
const CONDUCTOR = 'test/conductor/**';
const SENTINEL = 'test/leaks/sentinel.test.ts';
/** Files that mock modules run isolated, so that their mocks do not reach other files. */
const mocking = globSync('test/**/*.test.ts').filter((file) => readFileSync(file, 'utf8').includes('vi.mock('));

export default defineConfig({
  resolve,
  test: {
    // One PostgreSQL for the whole run.
    globalSetup: 'test/support/database.ts',
    projects: [
      {
        resolve,
        test: {
          ...together,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [SENTINEL, 'test/console/**', CONDUCTOR, ...mocking],
        },
      },
      {
        resolve,
        test: {
          ...together,
          name: 'mocking',
          isolate: true,
          include: mocking,
        },
      },
      {
        resolve,
        test: {
          ...together,
          name: 'console',
          globalSetup: 'test/support/chromium.ts',
          include: ['test/console/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      // This project runs last: it searches the output of all other tests.
      {
        resolve,
        test: { ...shared, name: 'leaks', include: [SENTINEL], sequence: { groupOrder: 2 } },
      },
    ],
  },
});

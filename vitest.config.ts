import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

// Without this graphql 16 is loaded twice, once as CommonJS and once as a module, and its types do not know each other.
const resolve = { alias: { graphql: 'graphql/index.js' } };
// Files share what they import: to load it anew for each took two fifths of the time.
const shared = { isolate: false, testTimeout: 30_000, hookTimeout: 60_000 };
// Group 1, not 0, which would come last where there is one worker.
const together = { ...shared, maxWorkers: 3, sequence: { groupOrder: 1 } };

const SENTINEL = 'test/leaks/sentinel.test.ts';
/** What they put in the place of modules must not reach others. */
const mocking = globSync('test/**/*.test.ts').filter((file) => readFileSync(file, 'utf8').includes('vi.mock('));

export default defineConfig({
  resolve,
  test: {
    // One PostgreSQL for all of it.
    globalSetup: 'test/support/database.ts',
    projects: [
      {
        resolve,
        test: {
          ...together,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [SENTINEL, 'test/console/**', ...mocking],
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
      // Last: it searches what all the others left.
      {
        resolve,
        test: { ...shared, name: 'leaks', include: [SENTINEL], sequence: { groupOrder: 2 } },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

// Without this graphql 16 is loaded twice, once as CommonJS and once as a module, and its types do not know each other.
const resolve = { alias: { graphql: 'graphql/index.js' } };
const shared = { testTimeout: 30_000, hookTimeout: 60_000 };

export default defineConfig({
  resolve,
  test: {
    // One PostgreSQL for all of it.
    globalSetup: 'test/support/database.ts',
    projects: [
      {
        resolve,
        test: {
          ...shared,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: ['test/leaks/sentinel.test.ts', 'test/console/**'],
          maxWorkers: 2,
          // Not 0, which would come last where there is one worker.
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        test: {
          ...shared,
          name: 'console',
          globalSetup: 'test/support/chromium.ts',
          include: ['test/console/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      // Last: it searches what all the others left.
      {
        resolve,
        test: { ...shared, name: 'leaks', include: ['test/leaks/sentinel.test.ts'], sequence: { groupOrder: 2 } },
      },
    ],
  },
});

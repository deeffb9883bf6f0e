import { defineConfig } from 'vitest/config';

// Without this alias graphql 16 is loaded twice, once as CommonJS and once as a module, and the two copies reject each other's types.
export const resolve = { alias: { graphql: 'graphql/index.js' } };
// Test files share imported modules: a new import for each file took two fifths of the time.
export const shared = { isolate: false, testTimeout: 30_000, hookTimeout: 60_000 };
// Group 1, because vitest runs group 0 last if there is one worker.
export const together = { ...shared, maxWorkers: 3, sequence: { groupOrder: 1 } };

/** `npm run test:unit` runs this project alone, without PostgreSQL and Chromium. `npm test` runs it with all others. */
export default defineConfig({
  resolve,
  test: {
    ...together,
    name: 'unit',
    include: ['test/**/*.unit.test.ts'],
    setupFiles: 'test/support/unit.ts',
  },
});

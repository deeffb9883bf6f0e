import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// These tests run separately with `npm run test:operations`, because they need programs that npm does not install.
export default defineConfig({
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/operations/**/*.test.ts'],
    globalSetup: ['test/support/database.ts'],
    // Each scenario measures how long an interruption lasts. A second scenario at the same time would change the result.
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});

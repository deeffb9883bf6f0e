import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// Separate from the other tests: these need Java and a Conductor server of half a gigabyte (`npm run test:conductor`).
export default defineConfig({
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/conductor/**/*.test.ts'],
    globalSetup: 'test/support/database.ts',
    testTimeout: 180_000,
    hookTimeout: 540_000,
  },
});

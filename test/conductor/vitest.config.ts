import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// These tests run separately with `npm run test:conductor`, because they need Java and a Conductor server of half a
// gigabyte.
export default defineConfig({
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/conductor/**/*.test.ts'],
    globalSetup: ['test/support/database.ts', 'test/conductor/plain-engine.ts'],
    // The Conductor server needs both processors of a small machine.
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 540_000,
  },
});

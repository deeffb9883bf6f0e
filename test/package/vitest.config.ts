import { defineConfig } from 'vitest/config';

// This test runs separately with `npm run test:package`, because it installs the package and its dependencies from the npm registry.
export default defineConfig({
  test: { include: ['test/package/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000 },
});

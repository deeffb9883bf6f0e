import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Without this graphql 16 is loaded twice, once as CommonJS and once as a module, and its types do not know each other.
  resolve: { alias: { graphql: 'graphql/index.js' } },
  test: { testTimeout: 20_000 },
});

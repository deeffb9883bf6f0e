import { globSync, readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { resolve, shared, together } from './vitest.unit.config.ts';

/** They need a server of their own: `npm run test:conductor`. */
const CONDUCTOR = 'test/conductor/**';
/** The operations tests need PgBouncer, HAProxy, Patroni and etcd. `npm run test:operations` runs these tests. */
const OPERATIONS = 'test/operations/**';
/** They install packages from the npm registry: `npm run test:package`. */
const PACKAGE = 'test/package/**';
/** They need nothing but Node: `npm run test:unit`. */
const UNIT = 'test/**/*.unit.test.ts';
const SENTINEL = 'test/leaks/sentinel.test.ts';
/** Files that mock modules run isolated, so that their mocks do not reach other files. */
const mocking = globSync('test/**/*.test.ts').filter((file) => readFileSync(file, 'utf8').includes('vi.mock('));

export default defineConfig({
  resolve,
  test: {
    // One PostgreSQL for the whole run.
    globalSetup: 'test/support/database.ts',
    projects: [
      'vitest.unit.config.ts',
      {
        resolve,
        test: {
          ...together,
          name: 'tests',
          include: ['test/**/*.test.ts'],
          exclude: [UNIT, SENTINEL, 'test/console/**', CONDUCTOR, OPERATIONS, PACKAGE, ...mocking],
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
          exclude: [UNIT],
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

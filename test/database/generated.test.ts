import { spawnSync } from 'node:child_process';
import { expect, inject, test } from 'vitest';
import { pendingChanges } from '../../src/database/migrate.ts';
import { freshDatabase } from '../support/database.ts';

test('the generated resolver types and database client are current', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-generated.ts'], {
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([0, '']);
});

test('the migrations create what schema.prisma describes', async () => {
  const empty = await freshDatabase(inject('databaseUrl'), { migrated: false });
  try {
    expect(await pendingChanges(empty.url)).toMatch(/^(-- This is an empty migration\.)?\s*$/);
  } finally {
    await empty.drop();
  }
});

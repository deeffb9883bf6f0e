import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect, type Database } from '../../src/database/client.ts';
import { startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { gatewayReadiness, requireSynchronousCommit } from '../../src/http/health.ts';
import { world } from '../support/world.ts';

test('/readyz answers 503 after a failed commit of audit events, and 200 after the next commit', async () => {
  const w = await world();
  const ready = async () => {
    const answer = await fetch(`${w.url}/readyz`);
    return [answer.status, await answer.json()];
  };
  await w.secret('db');
  expect(await ready()).toEqual([200, { ok: true }]);
  await w.database.query('ALTER TABLE audit_events RENAME TO gone');
  expect(await w.reveal(w.admin, 'db')).toBe('UNAVAILABLE');
  expect(await ready()).toEqual([503, { ok: false, reason: 'audit events cannot be committed' }]);
  await w.database.query('ALTER TABLE gone RENAME TO audit_events');
  await w.reveal(w.admin, 'db');
  expect(await ready()).toEqual([200, { ok: true }]);
  await w.close();
});

describe('a database server of its own', () => {
  let dataDir: string;
  let server: Awaited<ReturnType<typeof startEmbedded>>;
  let database: Database;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'readiness-'));
    server = await startEmbedded({ dataDir });
    await migrate(server.url);
    database = connect({ url: server.url, connections: 2 });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
    await rm(dataDir, { recursive: true });
  });

  const ready = (requireSynchronous = false) =>
    gatewayReadiness({ database, isFailing: () => false, isDraining: () => false, requireSynchronous })();
  /** Changes a setting of the server, and waits until new statements see the setting. */
  const set = async (name: string, value: string) => {
    await database.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await database.query('SELECT pg_reload_conf()');
    await expect
      .poll(async () => (await database.query<{ v: string }>(`SELECT current_setting('${name}') AS v`))[0]?.v)
      .toBe(value);
  };

  test('a gateway without REQUIRE_SYNCHRONOUS is ready without a standby, and a gateway with the setting refuses to start', async () => {
    expect(await ready()).toEqual({ ok: true });
    expect(await ready(true)).toMatchObject({ ok: false, reason: expect.stringContaining('REQUIRE_SYNCHRONOUS') });
    await expect(requireSynchronousCommit(database)).rejects.toThrow('synchronous_standby_names');
  });

  test('with REQUIRE_SYNCHRONOUS, the check at the start also works in a database without tables', async () => {
    await database.query('CREATE DATABASE empty');
    const empty = connect({ url: Object.assign(new URL(server.url), { pathname: '/empty' }).href, connections: 2 });
    await expect(requireSynchronousCommit(empty)).rejects.toThrow('synchronous_standby_names');
    await empty.close();
  });

  test('a gateway is not ready while its database server waits for a synchronous standby that is not connected', async () => {
    await set('synchronous_standby_names', 'other');
    expect(await ready()).toEqual({
      ok: false,
      reason: 'no synchronous standby is connected to the database server',
    });
    await requireSynchronousCommit(database);
    await set('synchronous_commit', 'local');
    expect(await ready(true)).toMatchObject({ ok: false, reason: expect.stringContaining('REQUIRE_SYNCHRONOUS') });
    await expect(requireSynchronousCommit(database)).rejects.toThrow('synchronous_commit');
    await set('synchronous_standby_names', '');
    expect(await ready()).toEqual({ ok: true });
  });

  test('a gateway is not ready while its database is read-only', async () => {
    await set('default_transaction_read_only', 'on');
    expect(await ready()).toEqual({ ok: false, reason: 'the database is read-only' });
  });
});

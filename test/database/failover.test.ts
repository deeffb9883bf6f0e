// These tests use a real PostgreSQL server and a real standby of this server.
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { connect, type Database } from '../../src/database/client.ts';
import { migrate } from '../../src/database/migrate.ts';
import { Unavailable } from '../../src/errors.ts';
import { cleanUp, until } from '../support/gateway-process.ts';
import { type Pair, serverWithStandby } from '../support/standby.ts';

let pair: Pair;
let db: Database;
beforeEach(async () => {
  pair = await serverWithStandby();
  db = connect({ url: pair.url, connections: 4 });
}, 60_000);
afterEach(async () => {
  await db.close();
  await pair.close();
}, 60_000);
afterAll(cleanUp);

const PORT = 'SELECT inet_server_port() AS port, pg_is_in_recovery() AS "isStandby"';
const portOf = (url: string) => Number(new URL(url).port);

/** Writes in each way that the gateway uses, and returns the ports of the servers. */
async function write(): Promise<number[]> {
  const at = async (sql: { query: Database['query'] }) => {
    await sql.query('UPDATE access_epoch SET epoch = epoch + 1 RETURNING epoch');
    const [row] = await sql.query<{ port: number }>(PORT);
    return row!.port;
  };
  return [
    await at(db),
    await at(db.prepared),
    await db.connection(at),
    await db.transaction(async (tx) => {
      await tx.prisma.user.count();
      return at(tx);
    }),
  ];
}

const writesAgain = () =>
  until(() =>
    write().then(
      () => true,
      () => false,
    ),
  );

test('after a failover to the standby, the gateway uses the promoted server without a restart', async () => {
  const [first, standby] = pair.urls.map(portOf);
  expect(new Set(await write())).toEqual(new Set([first]));
  await pair.stopFirst();
  // No server accepts writes at this time.
  await expect(write()).rejects.toBeInstanceOf(Unavailable);
  await pair.promote();
  await writesAgain();
  expect(new Set(await write())).toEqual(new Set([standby]));
  await migrate(pair.url);
}, 60_000);

test('the gateway passes over a standby, and leaves a server that becomes read-only', async () => {
  const only = connect({ url: `${pair.urls[1]}?target_session_attrs=read-write`, connections: 2 });
  const error = await only.ping().catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Unavailable);
  expect(error.cause.message).toMatch(/accepts no writes/);
  await only.close();

  const [first, standby] = pair.urls.map(portOf);
  const reversed = connect({ url: pair.url.replace(/@([^,]+),([^/]+)/, '@$2,$1'), connections: 4 });
  const [found] = await reversed.query<{ port: number; isStandby: boolean }>(PORT);
  expect(found).toEqual({ port: first, isStandby: false });
  await reversed.close();

  await write();
  await pair.promote();
  const server = new pg.Client({ connectionString: pair.urls[0] });
  await server.connect();
  await server.query('ALTER SYSTEM SET default_transaction_read_only = on');
  await server.query('SELECT pg_reload_conf()');
  await server.end();
  await writesAgain();
  expect(new Set(await write())).toEqual(new Set([standby]));
}, 60_000);

// A gateway whose database connections go through PgBouncer.
import { connect } from 'node:net';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { freePort } from '../../scripts/conductor-process.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, startGateway, until } from '../support/gateway-process.ts';
import { configFile, deployText } from './deploy-file.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';
import { cleanUpPrograms, startProgram } from './program-process.ts';

const FILE = 'pgbouncer/pgbouncer.ini';
const IGNORED = 'ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,options';

let fresh: { url: string; drop: () => Promise<void> };
beforeEach(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
});
afterEach(async () => {
  await cleanUp();
  await cleanUpPrograms();
  await fresh.drop();
});

/** Starts PgBouncer in front of the database. @returns the URL of the database through PgBouncer */
async function pgbouncer(
  mode: 'session' | 'transaction',
  replacements: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(fresh.url);
  const listenPort = await freePort();
  const users = await configFile('userlist.txt', `"${username}" "${decodeURIComponent(password)}"\n`);
  const text = await deployText(FILE, {
    'secrets = host=10.0.0.11 port=5432': `${pathname.slice(1)} = host=${hostname} port=${port}`,
    'listen_port = 6432': `listen_port = ${listenPort}\nunix_socket_dir =`,
    '/etc/pgbouncer/userlist.txt': users,
    'pool_mode = transaction': `pool_mode = ${mode}`,
    ...replacements,
  });
  await startProgram('pgbouncer', [await configFile(FILE, text)]);
  await until(() => isReachable(listenPort));
  return Object.assign(new URL(fresh.url), { port: String(listenPort) }).href;
}

async function isReachable(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

describe.each(['session', 'transaction'] as const)('PgBouncer in %s mode', (mode) => {
  test(`two gateways migrate, serve and restart through PgBouncer in ${mode} mode, and no request fails`, async () => {
    const url = await pgbouncer(mode);
    const cluster = await clusterAt(url);
    // Both gateways migrate the empty database at the same time.
    const [first, second] = await Promise.all([startIn(cluster), startIn(cluster)]);
    const loads = [await startLoad(first.url, cluster.password), await startLoad(second.url, cluster.password)];
    await Promise.all(loads.map((load) => load.succeed(400)));
    await first.admin.get('{ secrets { nodes { name } } }');
    await expectIntactLog(first.admin);
    await Promise.all(loads.map((load) => load.stop()));
    expect(
      loads.map(({ failures }) => [...failures]),
      `${first.gateway.said()}${second.gateway.said()}`,
    ).toEqual([[], []]);

    for (const { gateway } of [first, second]) expect(await gateway.end('SIGTERM')).toBe(0);
    // A lock that an earlier start left behind on a connection of PgBouncer would make this start wait.
    const again = await startIn(cluster);
    expect(again.seconds).toBeLessThan(20);
    const losses = await lossesOf(loads, again.admin, fresh.url);
    await expectIntactLog(again.admin);
    expect(await again.gateway.end('SIGTERM')).toBe(0);
    expect(losses).toEqual({ lost: [], unaudited: [] });

    const direct = new pg.Client({ connectionString: fresh.url });
    await direct.connect();
    const { rows } = await direct.query(
      `SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await direct.end();
    recordOutcome({
      scenario: `PgBouncer, ${mode} mode`,
      ...figuresOf(loads, losses),
    });
    expect(rows).toEqual([]);
  });

  test(`without ignore_startup_parameters, a gateway behind PgBouncer in ${mode} mode does not start, and names the parameter`, async () => {
    const url = await pgbouncer(mode, { [IGNORED]: '' });
    const { settings } = await clusterAt(url);
    const gateway = startGateway(settings);
    expect(await gateway.end()).toBe(7);
    expect(gateway.said()).toContain('unsupported startup parameter');
  });
});

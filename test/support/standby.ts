// Starts a PostgreSQL server and a standby of this server, for tests of failovers.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../scripts/conductor-process.ts';
import { startEmbedded } from '../../src/database/embedded.ts';
import { migrate } from '../../src/database/migrate.ts';
import { accountWithAccess, postgresIds } from '../../src/database/postgres-account.ts';
import { findBinaries } from '../../src/database/postgres-binaries.ts';
import { CLUSTER, environment } from '../../src/database/postgres-cluster.ts';
import { temporaryDir, until } from './gateway-process.ts';

const run = promisify(execFile);

export interface Pair {
  /** The URLs of the first server and of its standby. */
  urls: readonly [string, string];
  /** The URL that names both servers, the first server first. */
  url: string;
  stopFirst(): Promise<void>;
  /** Makes the standby accept writes. */
  promote(): Promise<void>;
  close(): Promise<void>;
}

/** Starts both servers. The first server has the tables of the gateway. The function `cleanUp` removes their directories. */
export async function serverWithStandby(): Promise<Pair> {
  const [dir, standbyDir] = [await temporaryDir(), await temporaryDir()];
  const first = await startEmbedded({ dataDir: join(dir, 'data'), flags: ['-c', 'fsync=off'] });
  await migrate(first.url);
  const cluster = join(standbyDir, CLUSTER);
  await copyRunning(first.url, join(dir, 'data', CLUSTER), cluster);
  const port = await freePort();
  const standby = await startStandby(cluster, first.url, port);

  const standbyUrl = new URL(first.url);
  standbyUrl.port = String(port);
  const ask = async (text: string) => {
    const client = new pg.Client({ connectionString: standbyUrl.href });
    try {
      await client.connect();
      return (await client.query(text)).rows[0];
    } finally {
      await client.end().catch(() => {});
    }
  };
  await until(() =>
    ask('SELECT pg_is_in_recovery() AS found').then(
      ({ found }) => found,
      () => false,
    ),
  );

  const { host, username, password, pathname } = new URL(first.url);
  return {
    urls: [first.url, standbyUrl.href],
    url: `postgresql://${username}:${password}@${host},127.0.0.1:${port}${pathname}?target_session_attrs=read-write`,
    stopFirst: () => first.stop(),
    promote: async () => void (await ask('SELECT pg_promote()')),
    async close() {
      await first.stop();
      const ended = new Promise((resolve) => standby.once('exit', resolve));
      standby.kill('SIGINT');
      await ended;
    },
  };
}

/** Copies the files of a running server, as `pg_basebackup` does. */
async function copyRunning(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`SELECT pg_backup_start('standby', true)`);
  await run('cp', ['-a', from, to]);
  const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  await rm(join(to, 'postmaster.pid'));
  await writeFile(join(to, 'backup_label'), rows[0].labelfile);
  await writeFile(join(to, 'standby.signal'), '');
}

async function startStandby(cluster: string, primaryUrl: string, port: number): Promise<ChildProcess> {
  const binaries = await findBinaries();
  const account = await accountWithAccess(await postgresIds(cluster), {
    directories: [join(cluster, '..')],
    programs: [binaries.postgres],
  });
  if (account.ids !== undefined) await run('chown', ['-R', `${account.ids.uid}:${account.ids.gid}`, cluster]);
  const { program, args, options } = account.command(binaries.postgres, [
    ...['-D', cluster, '-p', String(port), '-c', `primary_conninfo=${primaryUrl}`],
    ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', '-c', 'fsync=off'],
    ...['-c', 'max_connections=200', '-c', 'io_method=sync'],
  ]);
  return spawn(program, args, { ...options, env: environment(), cwd: '/', stdio: 'ignore' });
}

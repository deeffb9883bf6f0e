import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, chown, open, readFile, rename, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { DataDirInUse, heldHere, holderOf, isAlive, lockDataDir, madeHere, makeDataDir } from './data-dir.ts';
import { accountReaching, type PostgresAccount, postgresIds } from './postgres-account.ts';
import { findBinaries } from './postgres-binaries.ts';
import {
  type Binaries,
  CLUSTER,
  DATABASE,
  endOf,
  environment,
  LOG,
  makeCluster,
  PASSWORD,
  PATIENCE,
  passwordFor,
  StartFailure,
  USER,
} from './postgres-cluster.ts';
import { endOrphan, readPidFile } from './postgres-status.ts';

// The package's binaries, not its class: that one stops servers from exit handlers of its own, which would run against
// the gateway's clean shutdown, and it starts PostgreSQL in the terminal's session, where Ctrl-C reaches it first.

const run = promisify(execFile);

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
  io_method: 'sync',
  max_logical_replication_workers: '0',
  jit: 'off',
  cluster_name: 'secrets-gateway',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  // Nothing of a statement reaches the log. `log` leaves out errors of statements, whose text may quote a parameter
  // (`invalid input syntax for type uuid: "…"`); `terse` the details, which may quote a row. The gateway gets both anyway.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
};

const LEAST_CONNECTIONS = 60;
/** For commands beside the gateway, and people who look. */
const FOR_OTHERS = 20;

export type Embedded = {
  /** `postgresql://user:password@127.0.0.1:port/secrets`; holds the password. */
  url: string;
  /**
   * Resolves if the server ended without `stop` and cannot be started again (or not for long), with an error that says how. Never rejects;
   * after `stop` never resolves.
   */
  exited: Promise<Error>;
  /** Fast shutdown: open transactions are rolled back, all committed is on disk. At most about 15 s. Can be called again. */
  stop(): Promise<void>;
};

type Options = {
  dataDir: string;
  /** Told what takes long or was put right, for a person. */
  log?: (message: string) => void;
  /** That the gateway may open. */
  connections?: number;
  /** Further arguments for `postgres`, such as `-c`, `fsync=off` in tests. */
  flags?: string[];
};

/**
 * Starts the PostgreSQL that came with the gateway on `dataDir/postgres`, made at the first start, on a free port of
 * 127.0.0.1. Takes the lock of `dataDir` unless this process holds it already. The server ends with this process, even a
 * killed one.
 * @throws DataDirInUse, or an Error that says what a person can do about it
 */
export async function startEmbedded({
  dataDir,
  log = () => {},
  connections = 0,
  flags: further = [],
}: Options): Promise<Embedded> {
  const flags = ['-c', `max_connections=${Math.max(LEAST_CONNECTIONS, connections + FOR_OTHERS)}`, ...further];
  const cannotUse = async (error: unknown): Promise<never> => {
    throw await explained(error, dataDir, `Cannot use the data directory ${dataDir}`);
  };
  const dir = await makeDataDir(dataDir).catch(cannotUse);
  if (running.has(dir)) throw new DataDirInUse(dir, { pid: process.pid });
  const lock = heldHere(dir) ? undefined : await lockDataDir(dir).catch(cannotUse);
  running.add(dir);
  try {
    const embedded = await keepRunning(dir, log, flags);
    let stopped: Promise<void> | undefined;
    return {
      ...embedded,
      stop: () => {
        stopped ??= embedded.stop().finally(() => {
          running.delete(dir);
          return lock?.release();
        });
        return stopped;
      },
    };
  } catch (error) {
    running.delete(dir);
    await lock?.release();
    throw await explained(error, dir, 'The embedded PostgreSQL did not start');
  }
}

/**
 * The URL of the server that a live gateway runs on `dataDir`, for a second command beside it. The URL holds the password.
 * @returns undefined if there is none, or none that accepts connections yet
 */
export function runningEmbedded(dataDir: string): string | undefined {
  const dir = resolve(dataDir);
  const server = readPidFile(dir);
  if (!server?.ready || !isAlive(server.pid) || !holderOf(dir)) return undefined;
  const password = readFileSync(join(dir, PASSWORD), 'utf8');
  return urlOf(password.trim(), server.port);
}

/** Whether a gateway was started on `dataDir` before. */
export function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, CLUSTER));
}

/** What a person is told once `exited` resolved. */
export function goneForGood({ message }: Error): Error {
  return new Error(`The embedded PostgreSQL is gone and does not start again: ${message}`);
}

const running = new Set<string>();

/** So many times in such a time a server that ends unasked is started again; one that ends more often has a reason that stays. */
const RESTARTS = 5;
const RESTARTS_WITHIN = 10 * 60_000;

/** A server that ends unasked is started again on its port, where the gateway's connections look for it. */
async function keepRunning(dir: string, log: (message: string) => void, flags: string[]): Promise<Embedded> {
  const first = await start(dir, log, flags);
  const port = Number(new URL(first.url).port);
  let current = Promise.resolve(first);
  let stopping = false;

  const exited = (async () => {
    const restarts: number[] = [];
    for (;;) {
      const error = await (await current).exited;
      if (stopping) return new Promise<Error>(() => {});
      restarts.push(Date.now());
      if (restarts.filter((at) => at > Date.now() - RESTARTS_WITHIN).length > RESTARTS) return error;
      log(`${error.message} Starting it again.`);
      current = start(dir, log, flags, port);
      const failure = await current.then(
        () => undefined,
        (reason) => reason,
      );
      if (failure !== undefined) return failure instanceof Error ? failure : error;
    }
  })();
  return {
    url: first.url,
    exited,
    async stop() {
      stopping = true;
      const server = await current.catch(() => undefined); // one that is starting again is waited for
      await server?.stop();
    },
  };
}

async function start(dir: string, log: (message: string) => void, flags: string[], onPort?: number): Promise<Embedded> {
  const binaries = await findBinaries();
  const cluster = join(dir, CLUSTER);
  const ids = await postgresIds(cluster);
  if (ids && madeHere(dir)) {
    // PostgreSQL's account may pass through, not look around.
    await chown(dir, 0, ids.gid);
    await chmod(dir, 0o710);
  }
  const account = await accountReaching(ids, { directories: [dir], programs: [binaries.postgres, binaries.initdb] });

  await endOrphan(dir, log);
  const password = await passwordFor(dir);
  await makeCluster(dir, binaries, account, password);
  if (account.ids && (await stat(cluster)).uid === 0) {
    log(`Giving ${cluster} to the account PostgreSQL runs under (uid ${account.ids.uid}): it was copied by root.`);
    await run('chown', ['-R', `${account.ids.uid}:${account.ids.gid}`, cluster]);
  }

  for (let attempt = 1; ; attempt++) {
    try {
      return await serve({ dir, binaries, account, password, flags, log, port: onPort ?? (await freePort()) });
    } catch (error) {
      const said = error instanceof StartFailure ? error.text : '';
      // Another program took the port between our asking for a free one and PostgreSQL's binding it.
      const collision = said.includes('Address already in use');
      // The children of a server that was killed have not all noticed yet.
      const remains = said.includes('pre-existing shared memory block');
      if (!(collision || remains) || attempt === 8) throw error;
      if (remains || onPort !== undefined) await sleep(attempt * 250);
    }
  }
}

async function serve(how: {
  dir: string;
  binaries: Binaries;
  account: PostgresAccount;
  password: string;
  flags: string[];
  log: (message: string) => void;
  port: number;
}): Promise<Embedded> {
  const { dir, binaries, account, password, flags, log, port } = how;
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { program, args, options } = account.command(binaries.postgres, [
    ...['-D', join(dir, CLUSTER), '-p', String(port)],
    ...settings,
    ...flags,
  ]);

  const logFile = join(dir, LOG);
  await rename(logFile, `${logFile}.1`).catch(() => {});
  const output = await open(logFile, 'w', 0o600);
  const server = spawn(program, args, {
    ...options,
    env: environment(),
    cwd: '/',
    detached: true, // its own session: Ctrl-C reaches the gateway, which then stops PostgreSQL in order
    stdio: ['ignore', output.fd, output.fd],
  });
  const ended = endOf(server);
  await output.close();
  const watcher = server.pid === undefined ? undefined : watch(server.pid, account);

  let asked = false;
  const stop = async () => {
    asked = true;
    await shutDown(server, ended);
    watcher?.kill('SIGKILL');
  };
  try {
    await ready(dir, server, ended, log);
    await makeDatabase(password, port);
  } catch (error) {
    await stop();
    throw await startFailure(dir, binaries, error);
  }

  server.unref();
  const exited = new Promise<Error>((tell) => {
    ended.then((how) => {
      watcher?.kill('SIGKILL');
      if (!asked) tell(new Error(`The embedded PostgreSQL ended by itself (${how}). Its log is ${logFile}.`));
    });
  });
  return { url: urlOf(password, port), exited, stop };
}

/** Resolves when `postmaster.pid` says that this very server accepts connections. Recovery after a crash may take long. */
async function ready(dir: string, server: ChildProcess, ended: Promise<string>, log: (message: string) => void) {
  let over: string | undefined;
  ended.then((how) => {
    over = how;
  });
  const slow = setTimeout(() => log('The embedded PostgreSQL is recovering; this may take a while.'), PATIENCE);
  try {
    for (;;) {
      if (over !== undefined) throw new Error(over);
      const status = readPidFile(dir);
      if (status?.pid === server.pid && status?.ready) return;
      await sleep(5);
    }
  } finally {
    clearTimeout(slow);
  }
}

async function makeDatabase(password: string, port: number): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(password, port) });
  client.on('error', () => {}); // should the server go in this very moment: `exited` tells
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error; // no such database: the first start
    const first = new pg.Client({ connectionString: urlOf(password, port, 'postgres') });
    await first.connect();
    try {
      await first.query(`CREATE DATABASE ${DATABASE}`);
    } finally {
      await first.end();
    }
    return;
  }
  await client.end();
}

/** SIGINT: fast shutdown. SIGQUIT: at once, with recovery at the next start. */
async function shutDown(server: ChildProcess, ended: Promise<string>): Promise<void> {
  for (const [signal, patience] of [
    ['SIGINT', PATIENCE],
    ['SIGQUIT', PATIENCE / 2],
    ['SIGKILL', PATIENCE],
  ] as const) {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
    server.kill(signal);
    const cancel = new AbortController();
    await Promise.race([ended, sleep(patience, undefined, { signal: cancel.signal }).catch(() => {})]);
    cancel.abort();
  }
}

/** A child that holds a pipe from this process and, when that breaks because this process is gone, stops the server. */
function watch(pid: number, account: PostgresAccount): ChildProcess {
  const script = 'read -r _; kill -INT "$1"';
  const { program, args, options } = account.command('/bin/sh', ['-c', script, 'sh', String(pid)]);
  const watcher = spawn(program, args, {
    ...options,
    env: environment(),
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.on('error', () => {}); // without it the next start finds the orphan
  watcher.stdin?.on('error', () => {});
  watcher.unref();
  (watcher.stdin as unknown as { unref?(): void } | null)?.unref?.();
  return watcher;
}

async function startFailure(dir: string, binaries: Binaries, cause: unknown): Promise<Error> {
  const text = await readFile(join(dir, LOG), 'utf8').catch(() => '');
  if (/lock file "postmaster.pid" already exists/.test(text)) return new DataDirInUse(dir, readPidFile(dir));
  if (/database files are incompatible/.test(text)) {
    const theirs = (await readFile(join(dir, CLUSTER, 'PG_VERSION'), 'utf8').catch(() => '?')).trim();
    const ours = await run(binaries.postgres, ['--version']).catch(() => ({ stdout: '?' }));
    return new Error(
      `${join(dir, CLUSTER)} was made by PostgreSQL ${theirs}; this gateway brings ${ours.stdout.trim()}. ` +
        'Dump it with the old version and restore it into a new DATA_DIR, or set DATABASE_URL.',
    );
  }
  return new StartFailure(`PostgreSQL ended before it was ready (${(cause as Error).message})`, text);
}

/** The same failure in words a person can act on. */
async function explained(error: unknown, dir: string, what: string): Promise<unknown> {
  const { code, path } = error as NodeJS.ErrnoException;
  const text = error instanceof StartFailure ? error.text : '';
  const wordless = error instanceof StartFailure && text === '';
  if (code === 'ENOSPC' || /No space left on device/.test(text) || (wordless && (await isFull(dir)))) {
    return new Error(`${what}: the disk is full. Make room, or set DATA_DIR or DATABASE_URL.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Error(
      `${what}: no permission for ${path}. Set DATA_DIR to a directory this account owns, or DATABASE_URL.`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof StartFailure) {
    const advice = text.includes('could not look up effective user ID')
      ? 'PostgreSQL runs only under an account that has a name (/etc/passwd). Use one, or set DATABASE_URL.'
      : 'To use another PostgreSQL set DATABASE_URL.';
    const last = text.trim().split('\n').slice(-10).join('\n');
    return new Error(`${what}: ${error.message}. ${advice}\n${last}`.trimEnd(), { cause: error });
  }
  return error;
}

/** A full disk leaves no room even for the log line that says so. */
async function isFull(dir: string): Promise<boolean> {
  const disk = await statfs(dir).catch(() => undefined);
  return disk !== undefined && disk.bavail * disk.bsize < 1024 * 1024;
}

function urlOf(password: string, port: number, database = DATABASE): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

function freePort(): Promise<number> {
  return new Promise((tell, fail) => {
    const probe = createServer();
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => tell(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

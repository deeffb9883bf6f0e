// Creates the PostgreSQL cluster in DATA_DIR, and defines the names, the password and the environment of PostgreSQL's programs.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresAccount } from './postgres-account.ts';

/** The paths of PostgreSQL's programs. */
export type Binaries = { initdb: string; postgres: string };

export const USER = 'gateway';
export const DATABASE = 'secrets';
export const CLUSTER = 'postgres';
export const PASSWORD = 'postgres-password';
export const LOG = 'postgres.log';
export const TIMEOUT_MS = 10_000;

/** An error: PostgreSQL ended before PostgreSQL accepted connections. The field `text` contains the log of PostgreSQL. */
export class StartFailure extends Error {
  readonly text: string;
  constructor(message: string, text: string) {
    super(message);
    this.name = 'StartFailure';
    this.text = text;
  }
}

export async function passwordFor(dir: string): Promise<string> {
  const file = join(dir, PASSWORD);
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (await exists(join(dir, CLUSTER))) {
    throw new Error(
      `${file} is missing. The gateway needs this password to open the PostgreSQL cluster in the same directory. Restore the file.`,
    );
  }
  // The gateway writes the password to disk before the gateway creates the cluster, because a cluster without its password cannot be used.
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

/**
 * Creates the cluster if it does not exist. The directory of the cluster is renamed to its final name only when the cluster is complete and on disk,
 * so an interrupted start leaves only a directory that the next start removes.
 */
export async function makeCluster(
  dir: string,
  binaries: Binaries,
  account: PostgresAccount,
  password: string,
): Promise<void> {
  const leftovers = (await readdir(dir)).filter((name) => name.startsWith(`${CLUSTER}.new-`));
  for (const name of leftovers)
    await rm(join(dir, name), { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  if (await exists(join(dir, CLUSTER))) return;

  const draftDir = join(dir, `${CLUSTER}.new-${randomBytes(4).toString('hex')}`);
  const pwfile = join(draftDir, 'password');
  await mkdir(draftDir, { mode: 0o700 });
  await writeFile(pwfile, password, { mode: 0o600 });
  if (account.ids) {
    await chown(pwfile, account.ids.uid, account.ids.gid);
    await chown(draftDir, account.ids.uid, account.ids.gid);
  }
  const { program, args, options } = account.command(binaries.initdb, [
    `--pgdata=${join(draftDir, CLUSTER)}`,
    `--username=${USER}`,
    `--pwfile=${pwfile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // With the locale C, PostgreSQL sorts and converts case in the same way on every machine. The operating system's locale has no effect.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]);
  const initdb = spawn(program, args, {
    ...options,
    env: environment(),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  initdb.stderr?.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  const end = await endOf(initdb, 'close');
  if (end !== 'code 0') {
    await rm(draftDir, { recursive: true, force: true }).catch(() => {});
    throw new StartFailure(`initdb failed (${end})`, stderr);
  }
  await rename(join(draftDir, CLUSTER), join(dir, CLUSTER));
  const handle = await open(dir);
  await handle.sync().finally(() => handle.close());
  await rm(draftDir, { recursive: true, force: true });
}

/**
 * The environment for PostgreSQL's programs. This environment does not include the gateway's variables, because they can contain the keyring. The
 * environment also excludes variables whose names begin with PG, because these variables change the behaviour of PostgreSQL.
 */
export function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** Resolves when a child process ended. The result is a text such as `code 0` or `signal SIGKILL`, or the reason why the process could not be started. */
export function endOf(child: ChildProcess, event: 'exit' | 'close' = 'exit'): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // If the child process has a process id, the error means that the operating system could not deliver a signal. The child process is still
      // running.
      if (child.pid === undefined) resolve(error.message);
    });
    child.once(event, (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`));
  });
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

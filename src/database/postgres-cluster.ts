// The cluster under DATA_DIR: its names, its password, how it is made, and how PostgreSQL's programs are run.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresAccount } from './postgres-account.ts';

/** Paths of PostgreSQL's programs. */
export type Binaries = { initdb: string; postgres: string };

export const USER = 'gateway';
export const DATABASE = 'secrets';
export const CLUSTER = 'postgres';
export const PASSWORD = 'postgres-password';
export const LOG = 'postgres.log';
export const PATIENCE = 10_000;

/** PostgreSQL ended before it was ready; `text` is what it logged. */
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
    throw new Error(`${file} is missing, and without it the cluster beside it does not open. Restore it.`);
  }
  // On disk before the cluster that it opens.
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

/**
 * Makes the cluster if there is none. It is made under another name and renamed when it is whole and on disk, so that a
 * start that was killed half way leaves nothing but a directory to remove.
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

  const workshop = join(dir, `${CLUSTER}.new-${randomBytes(4).toString('hex')}`);
  const pwfile = join(workshop, 'password');
  await mkdir(workshop, { mode: 0o700 });
  await writeFile(pwfile, password, { mode: 0o600 });
  if (account.ids) {
    await chown(pwfile, account.ids.uid, account.ids.gid);
    await chown(workshop, account.ids.uid, account.ids.gid);
  }
  const { program, args, options } = account.command(binaries.initdb, [
    `--pgdata=${join(workshop, CLUSTER)}`,
    `--username=${USER}`,
    `--pwfile=${pwfile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts and folds the same on every machine: the operating system's locale has no part in it.
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
  let said = '';
  initdb.stderr?.on('data', (chunk) => {
    said = (said + chunk).slice(-4000);
  });
  const how = await endOf(initdb, 'close');
  if (how !== 'code 0') {
    await rm(workshop, { recursive: true, force: true }).catch(() => {});
    throw new StartFailure(`initdb failed (${how})`, said);
  }
  await rename(join(workshop, CLUSTER), join(dir, CLUSTER));
  const handle = await open(dir);
  await handle.sync().finally(() => handle.close());
  await rm(workshop, { recursive: true, force: true });
}

/** Nothing of the gateway's own environment: it may hold the keyring, and PG… variables change what PostgreSQL does. */
export function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/** How a child ended: `code 0`, `signal SIGKILL`, or why it could not be started. */
export function endOf(child: ChildProcess, event: 'exit' | 'close' = 'exit'): Promise<string> {
  return new Promise((tell) => {
    child.on('error', (error) => {
      if (child.pid === undefined) tell(error.message); // otherwise a signal was not delivered; the child lives
    });
    child.once(event, (code, signal) => tell(signal ? `signal ${signal}` : `code ${code}`));
  });
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

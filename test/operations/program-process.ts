// Starts programs such as PgBouncer, HAProxy and Patroni. A test ends each program by its process id.
import { type ChildProcess, spawn } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../src/database/data-dir.ts';
import { postgresIds } from '../../src/database/postgres-account.ts';
import { until } from '../support/gateway-process.ts';
import { program } from './tools.ts';

export interface ProgramProcess {
  pid: number;
  /** Returns the standard output and the standard error of the program. */
  said(): string;
  /** Sends the signal, and waits until the program has ended. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

const started: ChildProcess[] = [];
const directories: string[] = [];
const stopped: number[] = [];

/** Creates a directory that belongs to the account of the programs. The function `cleanUpPrograms` removes the directory. */
export async function programDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'operations-'));
  directories.push(directory);
  await give(directory);
  return directory;
}

/** Gives a file or a directory to the account of the programs. */
export async function give(path: string): Promise<void> {
  const ids = await postgresIds('');
  if (ids !== undefined) await chown(path, ids.uid, ids.gid);
}

/** Starts a program. If the tests run as root, the program runs under the account of PostgreSQL, because PostgreSQL and PgBouncer refuse root. */
export async function startProgram(
  name: string,
  args: string[],
  { cwd = tmpdir(), env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<ProgramProcess> {
  const child = spawn(program(name), args, {
    cwd,
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(await postgresIds('')),
  });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said += chunk;
    });
  }
  const ended = new Promise<void>((resolve, reject) => child.once('exit', () => resolve()).once('error', reject));
  return {
    pid: child.pid!,
    said: () => said,
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await ended;
    },
  };
}

/** Suspends processes, as on a machine that hangs. `cleanUpPrograms` resumes the processes if the test does not. */
export function suspend(pids: readonly number[]): void {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  stopped.push(...pids);
}

export function resume(pids: readonly number[]): void {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGCONT');
}

/** Ends all programs that a test did not end, and removes their directories. */
export async function cleanUpPrograms(): Promise<void> {
  resume(stopped.splice(0));
  for (const child of started.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await until(() => child.exitCode !== null || child.signalCode !== null, 20_000).catch(() => child.kill('SIGKILL'));
    await ended;
  }
  for (const directory of directories.splice(0))
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Undo } from '../cleanup.ts';
import type { Question, Usage } from './usage.ts';

export interface ServerProcess {
  url: string;
  pid: number;
  usage(): Promise<Usage>;
  /** Starts the measurement of event loop iterations. The function `usage` then reports the longest iteration. */
  watchTurns(): Promise<void>;
  /** Profiles the CPU use of the process while `work` runs, and writes the profile to `file`. */
  profile<T>(file: string, work: () => Promise<T>): Promise<T>;
}

export interface ServerOptions {
  name: string;
  /** The command-line arguments of Node. */
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  /** The directory of the server's log file. */
  dir: string;
  undo: Undo;
}

/** The maximum time of a clean shutdown, in milliseconds. */
const PATIENCE_MS = 15_000;

/**
 * Starts a server as a separate process in production mode, and waits until it prints `ready URL`. @throws Error with the log of the server if the
 * server ends before the server is ready
 */
export async function startServer({ name, args, env, dir, undo }: ServerOptions): Promise<ServerProcess> {
  const logFile = join(dir, `${name}.log`);
  const child = spawn(process.execPath, args, {
    // The server runs in a separate terminal session. Ctrl-C therefore signals only the benchmark, and the benchmark stops the server.
    detached: true,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', openSync(logFile, 'w'), 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  undo(async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(timer);
  });
  child.on('error', () => {}); // the exit event reports the failure

  const ask = (question: Question) =>
    new Promise<unknown>((resolve, fail) => {
      child.once('message', resolve);
      child.send(question, (error) => error && fail(error));
      void ended.then(() => fail(new Error(`${name} ended`)));
    });
  const url = await new Promise<string>((resolve, fail) => {
    let printed = '';
    child.stdout?.on('data', (chunk) => {
      printed += chunk;
      const ready = /^ready (\S+)$/m.exec(printed)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    void ended.then(async () =>
      fail(new Error(`${name} ended: ${printed}${await readFile(logFile, 'utf8').catch(() => '')}`)),
    );
  });
  return {
    url,
    pid: child.pid as number,
    usage: async () => (await ask({ ask: 'usage' })) as Usage,
    watchTurns: async () => void (await ask({ ask: 'watch' })),
    async profile(file, work) {
      await ask({ ask: 'profile' });
      return work().finally(() => ask({ ask: 'profiled', file }));
    },
  };
}

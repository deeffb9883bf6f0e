// Runs the command line as a process, with its standard input.
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { overhear } from './sentinel.ts';

export const MAIN = join(import.meta.dirname, '../../src/main.ts');

export interface CliEnd {
  /** The exit code, or the signal that ended the process. */
  code: number | string;
  out: Buffer;
  err: string;
}

export interface RunningCli {
  child: ChildProcessWithoutNullStreams;
  /** Returns the standard output until now. */
  out(): string;
  ended: Promise<CliEnd>;
}

export interface CliOptions {
  input?: string | Buffer;
  env?: Record<string, string>;
}

/** Starts `secrets-gateway …args` with only these environment variables. The leak test searches the standard error. */
export function startCli(args: readonly string[], { input, env = {} }: CliOptions = {}): RunningCli {
  const running = start(process.execPath, [MAIN, ...args], env, ({ err }) => err);
  running.child.stdin.on('error', () => {});
  running.child.stdin.end(input ?? '');
  return running;
}

/** Runs `secrets-gateway …args` until the process ends. */
export function cli(args: readonly string[], options: CliOptions = {}): Promise<CliEnd> {
  return startCli(args, options).ended;
}

/**
 * Starts a shell command in a terminal. The terminal of `script` passes on what the test writes to `stdin`. The leak test searches the output of the
 * terminal.
 */
export function inTerminal(command: string, env: Record<string, string>): RunningCli {
  const args = ['-qec', `exec ${command}`, '/dev/null'];
  return start('script', args, { SHELL: '/bin/sh', TERM: 'dumb', ...env }, ({ out }) => out.toString());
}

/** Starts a program. The leak test searches the text that `searched` returns. */
function start(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  searched: (end: CliEnd) => string,
): RunningCli {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, cwd: tmpdir() });
  const chunks: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<CliEnd>((resolve) => {
    child.on('close', (code, signal) => {
      const end = { code: signal ?? code ?? 'unknown', out: Buffer.concat(chunks), err };
      overhear(searched(end));
      resolve(end);
    });
  });
  return { child, out: () => Buffer.concat(chunks).toString(), ended };
}

// Runs a program with secret values: passes on its terminal, its signals and its exit code, and masks its output.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { finished } from 'node:stream/promises';
import type { Environment } from '../../settings/sources.ts';
import { outputMasker } from './masked-stream.ts';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** The values that are masked in the output. */
  readonly values: readonly string[];
  /** The streams whose output is masked. The program inherits all other streams. */
  readonly masked: { readonly out: boolean; readonly err: boolean };
}

export interface RunningProgram {
  /** Resolves with the exit code after the program ended and all its output was printed. */
  readonly ended: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

export function startProgram({ command, args, env, values, masked }: Program): RunningProgram {
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      env: { ...env },
      stdio: ['inherit', masked.out ? 'pipe' : 'inherit', masked.err ? 'pipe' : 'inherit'],
    });
  } catch (error) {
    // Node throws some errors of the system, such as E2BIG, and emits other errors as events.
    return { ended: Promise.resolve(notStarted(error)), kill() {} };
  }
  const outputs = masked.out || masked.err ? pipeMasked(child, values) : [];
  const ended = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(notStarted(error));
    });
    child.on('exit', (code, signal) => {
      const exitCode = signal === null ? (code ?? 1) : exitCodeOfSignal(signal);
      // A child of the program can keep the output open.
      Promise.all(outputs).then(() => resolve(exitCode));
    });
  });
  return { ended, kill: (signal) => void child.kill(signal) };
}

/** The kernel writes no core dump to a file with this limit. Only with exactly 1, the kernel also starts no program that `core_pattern` names. */
const CORE_LIMIT_BYTES = 1;

/**
 * Sets the soft limit for core dumps of this process. A program inherits the limit. Without the limit, a core dump would write the secret values to a
 * disk. The program `prlimit` is part of util-linux; without `prlimit`, or with a hard limit of 0, the limit stays unchanged.
 */
export async function withoutCoreDumps({ PATH }: Environment): Promise<void> {
  if (process.platform !== 'linux') return;
  const args = [`--core=${CORE_LIMIT_BYTES}:`, '--pid', String(process.pid)];
  const child = spawn('prlimit', args, { env: { PATH }, stdio: 'ignore' });
  await new Promise((done) => child.on('error', done).on('close', done));
}

/** Shells use the same exit code for a program that a signal ended. */
export const exitCodeOfSignal = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** Prints why the program did not start. INVARIANT: the error is not printed, because it contains the arguments. @returns the exit code */
function notStarted(error: unknown): number {
  const { code } = error as NodeJS.ErrnoException;
  process.stderr.write(`${startProblem(code)}\n`);
  return code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE;
}

function startProblem(code: string | undefined): string {
  if (code === 'ENOENT') return 'Cannot start the program: the program does not exist.';
  if (code === 'E2BIG')
    return 'Cannot start the program: the environment is too large for the system. Add --files DIR, which passes the values as files.';
  return `Cannot start the program (${code}).`;
}

/** Returns a promise for each masked output. */
function pipeMasked(child: ChildProcess, values: readonly string[]): Promise<void>[] {
  const masker = outputMasker(values);
  return (
    [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const
  ).flatMap(([from, to]) => {
    if (from === null) return [];
    const stream = masker.stream();
    // The reader of the output can end before the program. The program then receives SIGPIPE, as without a mask.
    const close = () => void from.destroy();
    // Without any listener, an error of the last write would end this process. `--watch` starts many programs with the same output.
    to.off('error', ignored).on('error', ignored).on('error', close);
    stream.on('error', close);
    from.pipe(stream).pipe(to, { end: false });
    return [
      finished(stream)
        .catch(ignored)
        .finally(() => to.off('error', close)),
    ];
  });
}

const ignored = () => {};

/** Signals that the program receives from this process. */
const FORWARDED = [
  'SIGTERM',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGINT',
  'SIGQUIT',
] as const satisfies readonly NodeJS.Signals[];
/** The terminal sends these signals to the program itself, because the program is in the same group of processes. */
const OF_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

/** Passes on signals until `stop` is called. */
export function forwardSignals(to: (signal: NodeJS.Signals) => void): { stop(): void } {
  const listeners = FORWARDED.map((signal) => {
    const listener = () => {
      if (!(process.stdin.isTTY && OF_TERMINAL.includes(signal))) to(signal);
    };
    process.on(signal, listener);
    return [signal, listener] as const;
  });
  return {
    stop() {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    },
  };
}

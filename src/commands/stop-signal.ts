/**
 * After one Ctrl-C, npm and the terminal both send SIGINT. The process treats a signal as a second Ctrl-C only if the signal arrives more than this
 * number of milliseconds after the first signal.
 */
const DUPLICATE_SIGNAL_MS = 1_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `stop` when the process receives the first stop signal. A second Ctrl-C ends the process immediately with `exitCode`. */
export function onStopSignal(stop: () => void, exitCode: number): void {
  let first: number | undefined;
  const onSignal = () => {
    if (first === undefined) {
      first = performance.now();
      stop();
    } else if (performance.now() - first > DUPLICATE_SIGNAL_MS) process.exit(exitCode);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

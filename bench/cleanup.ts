// Stops the processes and removes the files of a benchmark when the benchmark ends, fails or receives Ctrl-C.

/** Registers a cleanup step. The caller must register a step before the work that the step undoes. The last registered step runs first. */
export type Undo = (step: () => Promise<void>) => void;

/** Runs `work`, and then the cleanup steps that `work` registered. A signal also runs the cleanup steps, and then ends the process. */
export async function cleaningUp(work: (undo: Undo) => Promise<void>): Promise<void> {
  const steps: (() => Promise<void>)[] = [];
  let cleaning: Promise<void> | undefined;
  const clean = () => {
    cleaning ??= (async () => {
      for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
        await step().catch((error) => console.error(error));
      }
    })();
    return cleaning;
  };
  let interrupted = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupted) return;
    interrupted = true;
    console.error(`\n${signal}: stopping the databases and removing their files`);
    clean().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    await work((step) => steps.push(step));
  } catch (error) {
    // An error of `work` is expected after a signal, because the signal stopped the database.
    if (!interrupted) throw error;
  } finally {
    await clean();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

// What a bench starts and makes is stopped and removed however it ends: when it is done, when it fails, on Ctrl-C.

/** To be called as soon as there may be something to undo. The last one registered is undone first. */
export type Undo = (step: () => Promise<void>) => void;

/** Runs `work`, then undoes what it registered. A signal undoes it as well, and ends the process. */
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
    // What breaks because the database is taken away from under it is no failure.
    if (!interrupted) throw error;
  } finally {
    await clean();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}

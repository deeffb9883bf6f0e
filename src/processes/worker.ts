import type { Config } from '../config.ts';
import { parentChannel } from './primary-channel.ts';

/** Longer than a clean stop ever takes: nobody is left to end a worker whose parent is gone. */
const STOPS_WITHIN_MS = 30_000;

/** Serves as one of several behind one port, until it or its parent is told to stop. @returns the exit code */
export async function work(config: Config, toldToStop: Promise<number>): Promise<number> {
  const parent = parentChannel(() => process.exit(1));
  try {
    // Loaded while the parent brings up the database.
    const loading = import('../startup/serve.ts');
    const told = Promise.race([toldToStop, parent.toldToStop]);
    const task = await Promise.race([parent.task, told.then(() => undefined)]);
    const { serve } = await loading;
    if (task === undefined) return 0;
    const running = await serve(config, (line) => console.log(line), { task, shared: parent.shared });
    parent.ready(running.port);
    await told;
    setTimeout(() => process.exit(1), STOPS_WITHIN_MS).unref();
    await running.stop();
    return 0;
  } finally {
    parent.leave();
  }
}

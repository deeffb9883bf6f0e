import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Undo } from '../cleanup.ts';
import type { Load, Loaded, Run } from './load.ts';

export interface LoadGenerator {
  pid: number;
  /** Sends the description of a load to the load generator, and returns the index of the load. */
  add(load: Load): number;
  /** @throws Error if a request received no answer or an unexpected answer */
  run(run: Run): Promise<Loaded>;
}

export async function startLoadGenerator(undo: Undo): Promise<LoadGenerator> {
  const child = fork(join(import.meta.dirname, 'load.ts'), { detached: true });
  const ended = once(child, 'exit');
  undo(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const next = () =>
    // biome-ignore lint/suspicious/noExplicitAny: a message of the generator
    Promise.race([once(child, 'message'), ended.then(() => [{ error: 'The load generator ended' }])]) as Promise<any[]>;
  await next();
  let loads = 0;
  return {
    pid: child.pid as number,
    add(load) {
      child.send({ add: load });
      return loads++;
    },
    async run(run) {
      child.send(run);
      const [{ loaded, error }] = await next();
      if (error !== undefined) throw new Error(error);
      return loaded;
    },
  };
}

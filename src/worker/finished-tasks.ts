import { LRUCache } from 'lru-cache';
import type { PolledTask } from './conductor.ts';
import type { Outcome } from './outcome.ts';

/** Maximum total size of the outcomes, in characters of JSON. */
const MAX_TOTAL_SIZE = 16 * 1_024 * 1_024;

/** A task that this worker process finished. */
export interface FinishedTask {
  outcome: Outcome;
  pollCount: number;
  scheduledTime: number | undefined;
}

/** Stores the outcomes of the most recently finished tasks, by task id. The total size is limited. */
export function finishedTasks(maxSize = MAX_TOTAL_SIZE): {
  get(id: string): FinishedTask | undefined;
  set(task: PolledTask, outcome: Outcome): void;
} {
  const tasks = new LRUCache<string, FinishedTask>({
    maxSize,
    sizeCalculation: ({ outcome }, id) => JSON.stringify(outcome).length + id.length,
  });
  return {
    // The method `peek` does not mark an outcome as recently used. A full cache therefore deletes the oldest outcome.
    get: (id) => tasks.peek(id),
    set({ taskId, pollCount, scheduledTime }, outcome) {
      tasks.set(taskId, { outcome, pollCount, scheduledTime });
    },
  };
}

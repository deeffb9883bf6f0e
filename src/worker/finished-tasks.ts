import type { Task } from './conductor.ts';
import type { Outcome } from './outcome.ts';

/** Maximum total size of the outcomes, in characters of JSON. */
const MAX_TOTAL_SIZE = 16 * 1_024 * 1_024;

/** A task that this process finished. */
export interface FinishedTask {
  outcome: Outcome;
  pollCount: number;
  scheduledTime: number | undefined;
}

/** Stores the outcomes of the most recently finished tasks by task id, up to a total size. */
export function finishedTasks(maxSize = MAX_TOTAL_SIZE): {
  get(id: string): FinishedTask | undefined;
  set(task: Task, outcome: Outcome): void;
} {
  const tasks = new Map<string, FinishedTask & { size: number }>();
  let size = 0;
  const remove = (id: string) => {
    size -= tasks.get(id)?.size ?? 0;
    tasks.delete(id);
  };
  return {
    get: (id) => tasks.get(id),
    set({ taskId, pollCount, scheduledTime }, outcome) {
      remove(taskId);
      const added = JSON.stringify(outcome).length + taskId.length;
      tasks.set(taskId, { outcome, pollCount, scheduledTime, size: added });
      size += added;
      for (const oldest of tasks.keys()) {
        if (size <= maxSize) break;
        remove(oldest);
      }
    },
  };
}

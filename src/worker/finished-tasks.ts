import type { Task } from './conductor.ts';
import type { Outcome } from './outcome.ts';

/** Characters of JSON, of all outcomes together. */
const ROOM = 16 * 1_024 * 1_024;

/** A task that was done here. */
export interface Done {
  outcome: Outcome;
  pollCount: number;
  scheduledTime: number | undefined;
}

/** How tasks ended, by their ids: the newest ones, as many as there is room for. */
export function rememberedOutcomes(room = ROOM): {
  get(id: string): Done | undefined;
  set(task: Task, outcome: Outcome): void;
} {
  const kept = new Map<string, Done & { size: number }>();
  let size = 0;
  const forget = (id: string) => {
    size -= kept.get(id)?.size ?? 0;
    kept.delete(id);
  };
  return {
    get: (id) => kept.get(id),
    set({ taskId, pollCount, scheduledTime }, outcome) {
      forget(taskId);
      const added = JSON.stringify(outcome).length + taskId.length;
      kept.set(taskId, { outcome, pollCount, scheduledTime, size: added });
      size += added;
      for (const oldest of kept.keys()) {
        if (size <= room) break;
        forget(oldest);
      }
    },
  };
}

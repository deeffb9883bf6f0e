import type { Outcome } from './outcome.ts';

/** Characters of JSON, of all outcomes together. */
const ROOM = 16 * 1_024 * 1_024;

/** How tasks ended, by their ids: the newest ones, as many as there is room for. */
export function rememberedOutcomes(room = ROOM): {
  get(id: string): Outcome | undefined;
  set(id: string, outcome: Outcome): void;
} {
  const kept = new Map<string, { outcome: Outcome; size: number }>();
  let size = 0;
  const forget = (id: string) => {
    size -= kept.get(id)?.size ?? 0;
    kept.delete(id);
  };
  return {
    get: (id) => kept.get(id)?.outcome,
    set(id, outcome) {
      forget(id);
      const added = JSON.stringify(outcome).length + id.length;
      kept.set(id, { outcome, size: added });
      size += added;
      for (const oldest of kept.keys()) {
        if (size <= room) break;
        forget(oldest);
      }
    },
  };
}

import { batches } from '../concurrency/batcher.ts';
import { remembered } from '../concurrency/cache.ts';
import type { Database } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';

/** How long a text is given out that is remembered: for so long a removed operation may still be answered. */
export const REMEMBERED_MS = 10_000;
/** Characters of all that are remembered. */
const MOST_CHARACTERS = 8_000_000;
/** Looked up by one statement. Each found is a text of 16,384 characters at most. */
const MOST_HASHES = 100;

/**
 * The text of a registered operation, by its SHA-256 in hex; undefined if there is none. It may have been removed up to ten seconds ago: an operation
 * permits nothing, so whoever still asks for it may do no more than otherwise. One that is registered is there at once. @throws Unavailable
 */
export function registeredTexts({ database, clock }: { database: Pick<Database, 'prepared'>; clock: Clock }) {
  const known = remembered<{ text: string; until: number }>({
    most: MOST_CHARACTERS,
    weigh: ({ text }) => text.length,
  });
  // Nobody has to say who asks: however many hashes are made up, they take two connections at most.
  const texts = batches<string, string | undefined>({
    most: MOST_HASHES,
    async send(hashes) {
      const until = clock.now().getTime() + REMEMBERED_MS;
      const rows = await database.prepared.query<{ hash: string; text: string }>(
        'SELECT hash, text FROM operations WHERE hash = ANY($1::text[])',
        [[...new Set(hashes)]],
      );
      const found = new Map(rows.map(({ hash, text }) => [hash, text]));
      for (const hash of hashes) known.forget(hash);
      for (const [hash, text] of found) known.set(hash, { text, until });
      return hashes.map((hash) => found.get(hash));
    },
  });
  return async (hash: string): Promise<string | undefined> => {
    const found = known.get(hash);
    return found !== undefined && clock.now().getTime() < found.until ? found.text : texts.load(hash);
  };
}

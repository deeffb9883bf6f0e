import type { Clock } from '../clock.ts';
import type { Sql } from '../database/client.ts';
import { remembered } from '../remembered.ts';

/** How long a text is given out that is remembered: for so long a removed operation may still be answered. */
export const REMEMBERED_MS = 10_000;
/** Characters of all that are remembered. */
const MOST_CHARACTERS = 8_000_000;

/**
 * The text of a registered operation, by its SHA-256 in hex; undefined if there is none. It may have been removed up to ten seconds ago: an operation
 * permits nothing, so whoever still asks for it may do no more than otherwise. One that is registered is there at once. @throws Unavailable
 */
export function registeredTexts({ database, clock }: { database: Sql; clock: Clock }) {
  const known = remembered<{ text: string; until: number }>({
    most: MOST_CHARACTERS,
    weigh: ({ text }) => text.length,
  });
  const asking = new Map<string, Promise<string | undefined>>();

  const ask = async (hash: string): Promise<string | undefined> => {
    const until = clock.now().getTime() + REMEMBERED_MS;
    const [row] = await database.query<{ text: string }>('SELECT text FROM operations WHERE hash = $1', [hash]);
    if (row === undefined) known.forget(hash);
    else known.set(hash, { text: row.text, until });
    return row?.text;
  };
  return async (hash: string): Promise<string | undefined> => {
    const found = known.get(hash);
    if (found !== undefined && clock.now().getTime() < found.until) return found.text;
    const answer = asking.get(hash) ?? ask(hash).finally(() => asking.delete(hash));
    asking.set(hash, answer);
    return answer;
  };
}

import { LRUCache } from 'lru-cache';
import { batcher } from '../concurrency/batcher.ts';
import type { Database } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import { consoleOperations } from './console-operations.ts';

/**
 * The time in milliseconds for which the cache keeps the text of an operation. After an operation is removed, the gateway may still execute the
 * operation for this time.
 */
export const CACHED_MS = 10_000;
/** Maximum total number of characters of all cached texts. */
const MOST_CHARACTERS = 8_000_000;
/** Maximum number of hashes in one SQL statement. The statement returns up to 16,384 characters of text for each hash. */
const MOST_HASHES = 100;

/**
 * Returns the text of the registered operation with this SHA-256 hash in hexadecimal. Returns undefined if no operation has this hash. A new
 * operation is available immediately. A removed operation may remain available for ten seconds. The delay is harmless, because registration gives no
 * permission to a caller. @throws Unavailable
 */
export function registeredTexts({ database, clock }: { database: Pick<Database, 'prepared'>; clock: Clock }) {
  const cache = new LRUCache<string, { text: string; until: number }>({
    maxSize: MOST_CHARACTERS,
    sizeCalculation: ({ text }) => Math.max(1, text.length),
  });
  // Callers without a session can send any number of hashes. The batches of all requests therefore use at most two database connections.
  const texts = batcher<string, string | undefined>({
    maxSize: MOST_HASHES,
    async send(hashes) {
      const until = clock.now().getTime() + CACHED_MS;
      const rows = await database.prepared.query<{ hash: string; text: string }>(
        'SELECT hash, text FROM operations WHERE hash = ANY($1::text[])',
        [[...new Set(hashes)]],
      );
      const found = new Map(rows.map(({ hash, text }) => [hash, text]));
      for (const hash of hashes) cache.delete(hash);
      for (const [hash, text] of found) cache.set(hash, { text, until });
      return hashes.map((hash) => found.get(hash));
    },
  });
  return async (hash: string): Promise<string | undefined> => {
    const found = cache.get(hash);
    return found !== undefined && clock.now().getTime() < found.until ? found.text : texts.load(hash);
  };
}

/**
 * Returns the text of the registered operation with this SHA-256 hash. If the gateway serves the console, the function also finds the operations of
 * the console. @throws Unavailable
 */
export function operationTexts({
  database,
  clock,
  console,
}: {
  database: Pick<Database, 'prepared'>;
  clock: Clock;
  console: boolean;
}): (hash: string) => Promise<string | undefined> {
  const registered = registeredTexts({ database, clock });
  const ofConsole = console ? consoleOperations() : undefined;
  return async (hash) => ofConsole?.get(hash) ?? registered(hash);
}

// Combines concurrent reads of all requests into one SQL statement. The file `loaders.ts` combines only the reads of one request.
import { Unavailable } from '../errors.ts';

export interface Batcher<Item, Answer> {
  /** Returns the answer for `item`. The answer comes from a statement that is sent after the call. @throws Unavailable, or the error of `send` */
  load(item: Item): Promise<Answer>;
}

export interface BatcherOptions<Item, Answer> {
  /**
   * Sends one statement for all `items`, and returns one answer for each item, in the order of `items`. If `send` throws an error, only the items of
   * this batch fail.
   */
  send: (items: readonly Item[]) => Promise<readonly Answer[]>;
  /**
   * Maximum size of a batch. The size of a batch is the sum of `sizeOf` over its items. An item that is larger than the maximum is sent in a separate
   * batch.
   */
  maxSize: number;
  /** Returns the size of an item. By default, every item has the size 1. */
  sizeOf?: (item: Item) => number;
}

/** Maximum number of concurrent statements. With a third concurrent statement, batches would be smaller, but answers would not be faster. */
const MAX_RUNNING = 2;
/** Maximum time that an item waits until its batch is sent. An item reaches this maximum only if the database does not answer previous batches. */
const TIMEOUT_MS = 2_000;

interface Waiting<Item, Answer> {
  item: Item;
  /** The time at which the item was added, in milliseconds of `performance.now()`. */
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * INVARIANT: an item is never added to a statement that was already sent. Therefore every answer contains data that was read after the call of
 * `load`.
 */
export function batcher<Item, Answer>({
  send,
  maxSize,
  sizeOf = () => 1,
}: BatcherOptions<Item, Answer>): Batcher<Item, Answer> {
  const waiting: Waiting<Item, Answer>[] = [];
  let running = 0;
  let isSendScheduled = false;
  let isTimeoutScheduled = false;

  const takeBatch = (): Waiting<Item, Answer>[] => {
    let [count, size] = [0, 0];
    for (const { item } of waiting) {
      size += sizeOf(item);
      if (count > 0 && size > maxSize) break;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const sendBatch = async (batch: readonly Waiting<Item, Answer>[]) => {
    running += 1;
    try {
      const answers = await send(batch.map(({ item }) => item));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running -= 1;
    scheduleSend();
  };

  /** The batcher sends the batch after the event loop handled all waiting input, so that the batch contains more items. */
  const scheduleSend = () => {
    if (isSendScheduled || running >= MAX_RUNNING || waiting.length === 0) return;
    isSendScheduled = true;
    setImmediate(() => {
      isSendScheduled = false;
      while (running < MAX_RUNNING && waiting.length > 0) void sendBatch(takeBatch());
    });
  };

  const rejectExpired = () => {
    const oldest = performance.now() - TIMEOUT_MS;
    const firstInTime = waiting.findIndex(({ since }) => since > oldest);
    for (const { reject } of waiting.splice(0, firstInTime < 0 ? waiting.length : firstInTime)) {
      reject(new Unavailable(new Error(`The batch was not sent within ${TIMEOUT_MS} ms`)));
    }
    isTimeoutScheduled = false;
    scheduleTimeout();
  };
  const scheduleTimeout = () => {
    if (isTimeoutScheduled || waiting.length === 0) return;
    isTimeoutScheduled = true;
    setTimeout(rejectExpired, TIMEOUT_MS / 4).unref();
  };

  return {
    load: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, since: performance.now(), resolve, reject });
        scheduleSend();
        scheduleTimeout();
      }),
  };
}

/** Returns a function for which concurrent calls share one call of `read`. Each answer comes from a call of `read` that starts after the call. */
export function sharedRead<Answer>(read: () => Promise<Answer>): () => Promise<Answer> {
  const shared = batcher<undefined, Answer>({
    maxSize: Number.POSITIVE_INFINITY,
    async send(calls) {
      const answer = await read();
      return calls.map(() => answer);
    },
  });
  return () => shared.load(undefined);
}

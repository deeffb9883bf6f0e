// What is asked for at the same moment, by whatever request, becomes one statement. `loaders.ts` does so within one request.
import { Unavailable } from '../errors.ts';

export interface Batches<Asked, Answer> {
  /** The answer to `asked`, from a statement that was not sent before the call. @throws Unavailable, and whatever `send` throws */
  load(asked: Asked): Promise<Answer>;
}

export interface BatchesOptions<Asked, Answer> {
  /** Sends what was asked as one statement, and answers in the same order. What it throws fails these and no others. */
  send: (asked: readonly Asked[]) => Promise<readonly Answer[]>;
  /** The most in one statement, as `sizeOf` counts (1 each if left out). One that is larger goes alone. */
  most: number;
  sizeOf?: (asked: Asked) => number;
}

/** Statements under way at the same time. One more would be smaller, and not sooner. */
const MOST_UNDER_WAY = 2;
/** What waited that long without being sent is given up: the statements before it do not come back. */
const PATIENCE_MS = 2_000;

interface Waiting<Asked, Answer> {
  asked: Asked;
  /** Milliseconds of `performance.now()`. */
  since: number;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/** INVARIANT: nothing joins a statement that was already sent, so no answer is older than its question. */
export function batches<Asked, Answer>({
  send,
  most,
  sizeOf = () => 1,
}: BatchesOptions<Asked, Answer>): Batches<Asked, Answer> {
  const waiting: Waiting<Asked, Answer>[] = [];
  let underWay = 0;
  let isDue = false;
  let isTimed = false;

  const take = (): Waiting<Asked, Answer>[] => {
    let [count, size] = [0, 0];
    for (const { asked } of waiting) {
      size += sizeOf(asked);
      if (count > 0 && size > most) break;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const sendAll = async (batch: readonly Waiting<Asked, Answer>[]) => {
    underWay += 1;
    try {
      const answers = await send(batch.map(({ asked }) => asked));
      for (const [i, { resolve }] of batch.entries()) resolve(answers[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    underWay -= 1;
    schedule();
  };

  /** After what has come in already, so that it can join. */
  const schedule = () => {
    if (isDue || underWay >= MOST_UNDER_WAY || waiting.length === 0) return;
    isDue = true;
    setImmediate(() => {
      isDue = false;
      while (underWay < MOST_UNDER_WAY && waiting.length > 0) void sendAll(take());
    });
  };

  const giveUp = () => {
    const before = performance.now() - PATIENCE_MS;
    const late = waiting.findIndex(({ since }) => since > before);
    for (const { reject } of waiting.splice(0, late < 0 ? waiting.length : late)) {
      reject(new Unavailable(new Error(`Not sent within ${PATIENCE_MS} ms`)));
    }
    isTimed = false;
    time();
  };
  const time = () => {
    if (isTimed || waiting.length === 0) return;
    isTimed = true;
    setTimeout(giveUp, PATIENCE_MS / 4).unref();
  };

  return {
    load: (asked) =>
      new Promise((resolve, reject) => {
        waiting.push({ asked, since: performance.now(), resolve, reject });
        schedule();
        time();
      }),
  };
}

// All payloads of one request share a single limit of work.
import { describe, expect, test } from 'vitest';
import { completed } from '../../src/payloads/masking/masking.ts';
import { indexOfValues } from '../../src/payloads/masking/value-index.ts';
import { findReferences, resolved, SecretValuesByName, secretNames } from '../../src/payloads/references/references.ts';
import {
  expectedUnits,
  unitsForExpressions,
  unitsForIndex,
  unitsForResult,
  unitsForTexts,
  unitsForValues,
  workLimitOfRequest,
} from '../../src/payloads/work-limit.ts';
import { type WorkQueue, workQueue } from '../../src/payloads/work-queue.ts';

const BEYOND = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'payload' });

/** A work queue for one test. Its turns of the event loop have the same size as the turns of the process. */
const testQueue = () => workQueue(50_000);

/** Returns how many of twenty payloads succeed in one request, if each payload needs `units` units of work. */
const doneOf = async (units: number): Promise<number> => {
  const limit = workLimitOfRequest(testQueue());
  const all = Array.from({ length: 20 }, () => limit.inTurn(units, () => limit.spend(units)));
  const ends = await Promise.allSettled(all);
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(BEYOND);
  return ends.filter(({ status }) => status === 'fulfilled').length;
};

test('a request may contain many small payloads, but only a few large payloads or payloads with much text to search', async () => {
  expect(await doneOf(unitsForTexts({ a: 'x'.repeat(10_000) }, undefined))).toBe(20);
  expect(await doneOf(unitsForTexts('x'.repeat(500_000), ['x'.repeat(500_000)]))).toBe(3);
  expect(await doneOf(unitsForIndex(4_000_000))).toBe(3);
  expect(await doneOf(unitsForValues(Array.from({ length: 4_000 }, () => 'x'.repeat(1_000))))).toBeLessThan(10);
});

test('both expressions and results count towards the work limit of a request', async () => {
  expect(await doneOf(unitsForExpressions(250_000))).toBe(3);
  expect(await doneOf(unitsForResult(8 * 1_048_576))).toBe(3);
});

test('every expression counts towards the work limit of a request, even if it does not refer to a secret', () => {
  const text = '${x} ${workflow.secrets.s} $${y} ${workflow.input.a} ${ workflow.secrets.t';
  for (const archived of ['ALL', 'CERTAIN'] as const)
    expect(findReferences([text, { a: text }], 'payload', archived).expressions).toBe(8);
  expect(secretNames([text, { a: text }], 'payload')).toEqual({ names: ['s', 't'], expressions: 8 });
});

test('each inserted value counts towards the work limit of a request with its size in JSON', () => {
  const spent: number[] = [];
  const input = { a: 'ü', b: [1, 2] };
  resolved(
    ['${workflow.input.a}', '<${workflow.input.a}>', '${workflow.input.b}'],
    new SecretValuesByName(new Map()),
    input,
    (bytes) => spent.push(bytes),
  );
  expect(spent).toEqual([4, 4, 5]);
});

test('the gateway processes small payloads without a pause, and processes waiting requests before a large payload', async () => {
  const seen: string[] = [];
  const limit = workLimitOfRequest(testQueue());
  const spending = (name: string, units: number) =>
    limit.inTurn(units, () => {
      limit.spend(units);
      seen.push(name);
    });
  const all = [spending('small', 10), spending('large', 60_000), spending('next', 10), spending('last', 10)];
  setImmediate(() => seen.push('another request'));
  await Promise.all(all);
  expect(seen).toEqual(['small', 'large', 'another request', 'next', 'last']);
});

test('an index of hidden texts reports its size, and reports zero if there are no hidden texts', () => {
  const value = JSON.stringify(
    Array.from({ length: 1_000 }, (_, i) => `a text of more digits than numbers have: ${i}`),
  );
  const sizeFor = (values: string[]) => completed(indexOfValues(values)).size;
  expect(sizeFor([])).toBe(0);
  expect(sizeFor([value])).toBeGreaterThan(value.length);
  expect(sizeFor([value])).toBeLessThan(4 * value.length);
});

test('each payload of a request waits until all earlier payloads of the request have succeeded or failed', async () => {
  const limit = workLimitOfRequest(testQueue());
  const seen: string[] = [];
  const work = (name: string) =>
    limit.inTurn(1, async () => {
      limit.spend(1);
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error('a');
    });
  await Promise.allSettled([work('a'), work('b'), work('c')]);
  expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

describe('payloads of several concurrent requests', () => {
  /** Creates a new request. Its payloads add their names to `seen` when they run. */
  const requestOf = (queue: WorkQueue | undefined, seen: string[]) => {
    const limit = workLimitOfRequest(queue);
    return (name: string, units: number) =>
      limit.inTurn(units, () => {
        limit.spend(units);
        seen.push(name);
      });
  };
  /** Schedules additional work that runs once in each of the next turns of the event loop. */
  const probing = async (seen: string[], times: number) => {
    for (let i = 0; i < times; i++) {
      await new Promise(setImmediate);
      seen.push('probe');
    }
  };

  test('each large payload runs in a separate turn of the event loop, and the event loop does additional work between two large payloads', async () => {
    const seen: string[] = [];
    // Without an argument, a request uses the queue of the process.
    const [a, b, c] = [requestOf(undefined, seen), requestOf(undefined, seen), requestOf(undefined, seen)];
    await Promise.all([a('a', 60_000), b('b', 60_000), c('c', 60_000), probing(seen, 3)]);
    expect(seen.indexOf('b') - seen.indexOf('a')).toBe(2);
    expect(seen.filter((one) => one !== 'probe')).toEqual(['a', 'b', 'c']);
    expect(seen.join()).toMatch(/a,probe,b,probe,c/);
  });

  test('large payloads of two requests run alternately, even if one request contains more large payloads than the other request', async () => {
    const seen: string[] = [];
    const queue = testQueue();
    const [many, one] = [requestOf(queue, seen), requestOf(queue, seen)];
    const all = ['m1', 'm2', 'm3', 'm4'].map((name) => many(name, 60_000));
    await Promise.all([...all, one('o1', 60_000), one('o2', 60_000)]);
    expect(seen).toEqual(['m1', 'o1', 'm2', 'o2', 'm3', 'm4']);
  });

  test('a small payload waits for at most one large payload', async () => {
    const seen: string[] = [];
    const queue = testQueue();
    const large = ['l1', 'l2', 'l3', 'l4'].map((name) => requestOf(queue, seen)(name, 60_000));
    // At this point, the first large payload has run, and the second and later large payloads wait.
    await Promise.resolve();
    await Promise.resolve();
    const small = ['s1', 's2'].map((name) => requestOf(queue, seen)(name, 10));
    await Promise.all([...large, ...small]);
    expect(seen).toEqual(['l1', 's1', 's2', 'l2', 'l3', 'l4']);
  });

  test('small payloads run without waiting while the current turn of the event loop has units of work left', async () => {
    const seen: string[] = [];
    const queue = testQueue();
    const both = ['a', 'b'].map((name) => queue.take(10, () => seen.push(name)));
    seen.push('at once');
    await Promise.all(both);
    expect(seen).toEqual(['a', 'b', 'at once']);
  });

  test('a large payload runs in a separate turn of the event loop, even if the payload spends no units of work or fails', async () => {
    const seen: string[] = [];
    const queue = testQueue();
    const failed = queue.take(60_000, () => {
      seen.push('failed');
      throw new Error('failed');
    });
    const uncounted = ['a', 'b'].map((name) => queue.take(60_000, () => seen.push(name)));
    await Promise.all([expect(failed).rejects.toThrow('failed'), ...uncounted, probing(seen, 2)]);
    expect(seen.join()).toMatch(/^failed,(probe,)?a,probe,b/);
  });
});

test('the expected units of work of a payload are the number of its strings, JSON field names, list items and expressions, up to the units of one turn', () => {
  const large = 50_000;
  expect(expectedUnits({ a: ['x', 1, null], b: undefined as never }, undefined)).toBeLessThan(20);
  expect(expectedUnits('x'.repeat(large))).toBeGreaterThanOrEqual(large);
  expect(expectedUnits('${x}'.repeat(large / 8))).toBeGreaterThanOrEqual(large / 2);
  expect(expectedUnits(Array.from({ length: large + 1 }, () => 1))).toBeGreaterThanOrEqual(large);
  expect(expectedUnits({ ['k'.repeat(large)]: 1 })).toBeGreaterThanOrEqual(large);
  expect(expectedUnits({ a: 1 }, ['x'.repeat(large)])).toBeGreaterThanOrEqual(large);
});

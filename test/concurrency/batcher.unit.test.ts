import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batcher } from '../../src/concurrency/batcher.ts';
import { Unavailable } from '../../src/errors.ts';

/** A database whose statements the test answers itself. */
function statements({ most = 100, sizeOf }: { most?: number; sizeOf?: (asked: string) => number } = {}) {
  const sent: { asked: readonly string[]; answer: () => void; fail: (error: Error) => void }[] = [];
  const { load } = batcher<string, string>({
    maxSize: most,
    ...(sizeOf && { sizeOf }),
    send: (asked) =>
      new Promise((resolve, reject) => {
        sent.push({ asked, answer: () => resolve(asked.map((one) => `${one}!`)), fail: reject });
      }),
  });
  return { sent, load, asked: () => sent.map(({ asked }) => asked) };
}
const moment = () => new Promise((resolve) => setImmediate(resolve));

test('concurrent requests to a batcher share one statement, and each request receives its own result', async () => {
  const { sent, load, asked } = statements();
  const answers = Promise.all(['a', 'b', 'a'].map(load));
  await moment();
  expect(asked()).toEqual([['a', 'b', 'a']]);
  sent[0]!.answer();
  expect(await answers).toEqual(['a!', 'b!', 'a!']);
});

test('a batcher adds no request to a statement that it has already sent', async () => {
  const { load, asked } = statements();
  void load('a');
  await moment();
  void load('a');
  await moment();
  expect(asked()).toEqual([['a'], ['a']]);
});

test('a batcher runs at most two statements at once, and all waiting requests share the next statement', async () => {
  const { sent, load, asked } = statements();
  for (const one of ['a', 'b', 'c', 'd']) {
    void load(one);
    await moment();
  }
  expect(asked()).toEqual([['a'], ['b']]);
  sent[1]!.answer();
  await moment();
  await moment();
  expect(asked()).toEqual([['a'], ['b'], ['c', 'd']]);
});

test('if a statement of a batcher fails, only the requests in this statement fail, and later statements are sent', async () => {
  const { sent, load } = statements();
  const first = Promise.allSettled([load('a'), load('b')]);
  await moment();
  const second = load('c');
  await moment();
  const third = load('d');
  const fault = new Unavailable();
  sent[0]!.fail(fault);
  expect(await first).toEqual([
    { status: 'rejected', reason: fault },
    { status: 'rejected', reason: fault },
  ]);
  await moment();
  for (const one of sent) one.answer();
  expect(await Promise.all([second, third])).toEqual(['c!', 'd!']);
});

test('a statement of a batcher has a maximum size, and a request above this size receives a separate statement', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 10 }),
      async (sizes, most) => {
        const { sent, load, asked } = statements({ most, sizeOf: (text) => Number(text.split(' ')[1]) });
        const names = sizes.map((size, i) => `${i} ${size}`);
        const answers = Promise.all(names.map(load));
        for (let i = 0; i < names.length; i += 1) {
          await moment();
          for (const one of sent) one.answer();
        }
        expect(await answers).toEqual(names.map((name) => `${name}!`));
        expect(asked().flat()).toEqual(names);
        for (const batch of asked()) {
          const size = batch.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0);
          expect(batch.length === 1 || size <= most).toBe(true);
        }
      },
    ),
  );
});

test('a batcher rejects requests that wait too long for running statements, and sends later requests after these statements end', async () => {
  const { sent, load, asked } = statements();
  const lost = [load('a')];
  await moment();
  lost.push(load('b'));
  await moment();
  await expect(load('c')).rejects.toBeInstanceOf(Unavailable);
  expect(asked()).toEqual([['a'], ['b']]);
  for (const one of sent) one.answer();
  expect(await Promise.all(lost)).toEqual(['a!', 'b!']);
  const after = load('d');
  await moment();
  await moment();
  sent[2]!.answer();
  expect(await after).toBe('d!');
});

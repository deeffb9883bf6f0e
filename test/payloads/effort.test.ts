// Limits on the work that the payloads of one request may take together.
import { expect, test } from 'vitest';
import {
  effortOfExpressions,
  effortOfForms,
  effortOfRequest,
  effortOfResult,
  effortOfTexts,
  effortOfValues,
} from '../../src/payloads/effort.ts';
import { maskedPayload } from '../../src/payloads/masking.ts';
import { findReferences, resolved, SecretValuesByName, secretNames } from '../../src/payloads/references.ts';

const BEYOND = expect.objectContaining({ code: 'BAD_USER_INPUT', field: 'payload' });

/** How many of twenty such payloads succeed in one request. */
const doneOf = async (units: number): Promise<number> => {
  const effort = effortOfRequest();
  const all = Array.from({ length: 20 }, () => effort.inTurn(() => effort.spend(units)));
  const ends = await Promise.allSettled(all);
  for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(BEYOND);
  return ends.filter(({ status }) => status === 'fulfilled').length;
};

test('any number of small payloads fits into a request, and large payloads or much to search do not', async () => {
  expect(await doneOf(effortOfTexts({ a: 'x'.repeat(10_000) }, undefined))).toBe(20);
  expect(await doneOf(effortOfTexts('x'.repeat(500_000), ['x'.repeat(500_000)]))).toBe(3);
  expect(await doneOf(effortOfForms(200_000))).toBe(3);
  expect(await doneOf(effortOfValues(Array.from({ length: 4_000 }, () => 'x'.repeat(1_000))))).toBeLessThan(10);
});

test('expressions and results count towards the limit of a request', async () => {
  expect(await doneOf(effortOfExpressions(250_000))).toBe(3);
  expect(await doneOf(effortOfResult(8 * 1_048_576))).toBe(3);
});

test('every expression counts towards the limit, whether it refers to a secret or not', () => {
  const text = '${x} ${workflow.secrets.s} $${y} ${workflow.input.a} ${ workflow.secrets.t';
  for (const archived of ['ALL', 'CERTAIN'] as const)
    expect(findReferences([text, { a: text }], 'payload', archived).expressions).toBe(8);
  expect(secretNames([text, { a: text }], 'payload')).toEqual({ names: ['s', 't'], expressions: 8 });
});

test('each inserted value counts with its bytes of JSON', () => {
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

test('small payloads run without a pause, and a large one lets waiting requests run first', async () => {
  const seen: string[] = [];
  const effort = effortOfRequest();
  const spending = (name: string, units: number) =>
    effort.inTurn(() => {
      effort.spend(units);
      seen.push(name);
    });
  const all = [spending('small', 10), spending('large', 60_000), spending('next', 10), spending('last', 10)];
  setImmediate(() => seen.push('another request'));
  await Promise.all(all);
  expect(seen).toEqual(['small', 'large', 'another request', 'next', 'last']);
});

test('the search reports how many forms it built, and none when there is no room for any', () => {
  const value = JSON.stringify(
    Array.from({ length: 1_000 }, (_, i) => `a text of more digits than numbers have: ${i}`),
  );
  const formsIn = (payload: string) => {
    const told: number[] = [];
    maskedPayload(payload, { keys: new Set(), values: [value], spendOnForms: (count) => told.push(count) });
    return told;
  };
  expect(formsIn('x')).toEqual([0]);
  expect(formsIn('x'.repeat(100))).toEqual([expect.toSatisfy((count) => count > 10_000)]);
});

test('each payload waits until those before it ended, successfully or not', async () => {
  const effort = effortOfRequest();
  const seen: string[] = [];
  const work = (name: string) =>
    effort.inTurn(async () => {
      effort.spend(1);
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      if (name === 'a') throw new Error('a');
    });
  await Promise.allSettled([work('a'), work('b'), work('c')]);
  expect(seen).toEqual(['a', 'b', 'c'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

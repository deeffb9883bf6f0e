import { expect, test } from 'vitest';
import type { Database } from '../../src/database/client.ts';
import { forOneRequest } from '../../src/database/request-statements.ts';
import { unlimited } from '../../src/primitives/wait-budget.ts';

/** A database whose statements the test can end in any order. */
function held() {
  const begun: { text: string; end: () => void; fail: () => void }[] = [];
  const query = <Row>(text: string) =>
    new Promise<Row[]>((resolve, reject) => {
      begun.push({ text, end: () => resolve([]), fail: () => reject(new Error(text)) });
    });
  const texts = () => begun.map(({ text }) => text);
  return { begun, texts, database: { query, prepared: { query } } as unknown as Database };
}

const settled = () => new Promise(setImmediate);

test('a request runs at most four database statements at once, prepared or not, and starts further statements in order', async () => {
  const { begun, texts, database } = held();
  const sql = forOneRequest(database, unlimited());
  const all = Array.from({ length: 7 }, (_, i) => (i % 2 === 0 ? sql : sql.prepared).query(`${i}`));
  await settled();
  expect(texts()).toEqual(['0', '1', '2', '3']);
  begun[2]!.end();
  await settled();
  expect(texts()).toEqual(['0', '1', '2', '3', '4']);
  const late = sql.query('late');
  for (let i = 0; i < 8; i++) {
    begun[i]!.end();
    await settled();
  }
  expect(texts()).toEqual(['0', '1', '2', '3', '4', '5', '6', 'late']);
  await expect(Promise.all([...all, late])).resolves.toHaveLength(8);
});

test('after a database statement of a request fails, the next waiting statement of the request runs', async () => {
  const { begun, texts, database } = held();
  const sql = forOneRequest(database, unlimited());
  const all = Array.from({ length: 5 }, (_, i) => sql.query(`${i}`));
  const outcomes = Promise.allSettled(all);
  await settled();
  begun[0]!.fail();
  await settled();
  expect(texts()).toEqual(['0', '1', '2', '3', '4']);
  for (const { end } of begun) end();
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
  // After the failure, the request can still run new statements.
  void Array.from({ length: 5 }, () => sql.query('again'));
  await settled();
  expect(texts().slice(5)).toEqual(['again', 'again', 'again', 'again']);
});

test('the database statements of one request do not wait for the statements of another request', async () => {
  const { texts, database } = held();
  const [one, other] = [forOneRequest(database, unlimited()), forOneRequest(database, unlimited())];
  for (let i = 0; i < 5; i++) void one.query('one');
  void other.query('other');
  await settled();
  expect(texts()).toEqual(['one', 'one', 'one', 'one', 'other']);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type World, world } from '../support/world.ts';

let w: World;
let worker: SomeApplication;
let db: SomeSecret;
beforeAll(async () => {
  w = await world();
  worker = await w.application('worker');
  db = await w.secret('db', { tags: ['env:prod'] });
  await w.grant(worker.id, 'EXECUTE', 'env:prod');
});
afterAll(() => w.close());

test('smoke', async () => {
  const a = await worker.askRevealing(
    'query ($p: JSON!, $i: JSON) { resolveReferences(payload: $p, input: $i) { payload references { name pointers resolvable problem } } }',
    { p: { a: 'Bearer ${workflow.secrets.db}' }, i: { x: sentinel() } },
  );
  console.log(JSON.stringify(a.errors));
  expect(a.data.resolveReferences.payload).toEqual({ a: `Bearer ${db.value}` });
  const b = await worker.ask(
    'query ($p: JSON!, $i: JSON) { resolveReferences(payload: $p, input: $i) { payload references { name pointers resolvable problem } } }',
    { p: { a: 'Bearer ${workflow.secrets.db2}', b: '${workflow.secrets.${x}}', n: 12345678901234567 } },
  );
  console.log(JSON.stringify(b.errors));
});

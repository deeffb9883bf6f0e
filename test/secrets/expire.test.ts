import { afterAll, beforeAll, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { read, refusals, rollback, rotate, update } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

async function expired(name: string) {
  const secret = await w.secret(name, { tags: ['env:old'], expiresAt: w.clock.in({ minutes: 10 }) });
  expect(await w.reveal(w.admin, name)).toBe(secret.value);
  w.clock.advance({ minutes: 11 });
  return secret;
}

test('an expired secret is visible, and the gateway does not reveal its value', async () => {
  const { id } = await expired('old');
  expect((await read(w.admin, 'old')).data.secret).toMatchObject({
    id,
    value: '***',
    version: 1,
    tags: [{ id: 'env:old' }],
  });
  const answer = await w.admin.ask(
    '{ secret(name: "old") { name value(reveal: true) earlier: value(reveal: true, version: 1) } }',
  );
  expect(answer.data.secret).toEqual({ name: 'old', value: null, earlier: null });
  expect(refusals(answer).map(({ code, path }) => ({ code, path }))).toEqual([
    { code: 'EXPIRED', path: 'secret.value' },
    { code: 'EXPIRED', path: 'secret.earlier' },
  ]);
});

test('revealing an expired secret records a refused audit event', async () => {
  const { id } = await expired('watched');
  await w.reveal(w.admin, 'watched');
  const { auditEvents } = await w.admin.get(
    '{ auditEvents(filter: { secret: "watched", actions: [SECRET_REVEAL] }, first: 1) { nodes { outcome version changes subject { id } } } }',
  );
  expect(auditEvents.nodes).toEqual([
    { outcome: 'REFUSED', version: 1, changes: { code: 'EXPIRED' }, subject: { id } },
  ]);
});

test('if a caller without READ reveals an expired secret, the error is FORBIDDEN', async () => {
  const who = await w.user('cannot-read');
  await expired('both');
  await w.grant(who.id, 'EXECUTE', 'both');
  expect(await w.reveal(who, 'both')).toBe('FORBIDDEN');
});

test('changing or removing the expiry makes an expired value available again, but rotating the secret does not', async () => {
  const { value } = await expired('extended');
  const next = sentinel();
  expect((await rotate(w.admin, { name: 'extended', value: next })).code).toBeUndefined();
  expect(await w.reveal(w.admin, 'extended')).toBe('EXPIRED');
  await update(w.admin, { name: 'extended', expiresAt: w.clock.in({ minutes: 1 }) });
  expect(await w.reveal(w.admin, 'extended')).toBe(next);
  await update(w.admin, { name: 'extended', expiresAt: w.clock.in({ minutes: -1 }) });
  await update(w.admin, { name: 'extended', expiresAt: null });
  expect(await w.reveal(w.admin, 'extended', 1)).toBe(value);
});

test('an expired secret can be rolled back', async () => {
  await expired('turned');
  await rotate(w.admin, { name: 'turned', value: sentinel() });
  expect((await rollback(w.admin, 'turned', 1)).data.rollbackSecret.secret.version).toBe(3);
});

// Tests how explainAccess explains a missing access to the caller, and the access of an inactive principal to an
// auditor. permission-audits.yaml contains all other cases.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SomeUser, type World, world } from '../support/world.ts';
import { deleteSecret, updateUser } from './asking.ts';

let w: World;
let auditor: SomeUser;
let ann: SomeUser;
let owner: SomeUser;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  [auditor, ann, owner] = [
    await w.user('auditor', { roles: ['AUDITOR'] }),
    await w.user('ann'),
    await w.user('owner', { roles: ['USER'] }),
  ];
  for (const name of ['granted', 'made']) await w.secret(name, { by: owner });
  await w.secret('shared', { by: owner, tags: ['env:prod'] });
});
afterAll(() => w.close());

const EXPLAIN = `query ($p: ID!, $s: String!) { explainAccess(principalId: $p, secret: $s, access: READ) {
  allowed principalActive paths { role } nearMisses { reason permission { id } } } }`;
const explain = async (who: SomeUser, about: { id: string }, s: string) =>
  (await who.get(EXPLAIN, { p: about.id, s })).explainAccess;
const missing = (...misses: [string, string][]) => ({
  allowed: false,
  principalActive: true,
  paths: [],
  nearMisses: misses.map(([reason, id]) => ({ reason, permission: { id } })),
});

test('explainAccess shows a caller the ended grant that gave the caller access to a secret, and the grantor of the ended grant', async () => {
  const soon = w.clock.in({ hours: 1 });
  const granted = await w.grant(ann.id, 'READ', 'granted', { expiresAt: soon });
  const shared = await w.grant(ann.id, 'READ', 'shared', { expiresAt: soon, by: owner });
  w.clock.advance({ hours: 2 });
  expect(await w.sees(ann, 'shared')).toBe(false);
  expect(await explain(ann, ann, 'granted')).toEqual(missing(['EXPIRED', granted]));
  expect(await explain(ann, ann, 'shared')).toEqual(missing(['EXPIRED', shared]));
  expect(await explain(auditor, ann, 'shared')).toEqual(missing(['EXPIRED', shared]));
});

test('if a caller has only CREATE on a name, explainAccess says that this grant gives no access other than CREATE', async () => {
  const make = await w.grant(ann.id, 'CREATE', 'made');
  expect(await explain(ann, ann, 'made')).toEqual(missing(['OTHER_ACCESS', make]));
});

test('explainAccess for an unused name does not reveal whether a secret with this name was deleted', async () => {
  const good = await w.grant(ann.id, ['READ', 'EXECUTE'], 'coming');
  expect(await explain(ann, ann, 'coming')).toEqual(missing());
  await w.grant(owner.id, 'CREATE', 'coming');
  await w.secret('coming', { by: owner });
  expect((await explain(ann, ann, 'coming')).allowed).toBe(true);
  await deleteSecret(owner, 'coming');
  expect(await explain(ann, ann, 'coming')).toEqual(missing());
  await w.revoke(ann.id, 'coming', ['READ']);
  expect(good).not.toBe('');
  expect((await explain(ann, ann, 'coming')).nearMisses).toMatchObject([{ reason: 'OTHER_ACCESS' }]);
});

test('explainAccess reports an inactive principal as inactive, even if a role, a group or a grant would otherwise give access', async () => {
  const idle = await w.user('idle', { roles: ['ADMIN'] });
  expect(await explain(auditor, idle, 'shared')).toMatchObject({ allowed: true, principalActive: true });
  await updateUser(w.admin, idle.id, { active: false });
  expect(await explain(auditor, idle, 'shared')).toEqual({ ...missing(), principalActive: false });
  const would = await w.grant(idle.id, 'READ', 'env:prod');
  expect(await explain(auditor, idle, 'shared')).toEqual({
    ...missing(['PRINCIPAL_INACTIVE', would]),
    principalActive: false,
  });
});

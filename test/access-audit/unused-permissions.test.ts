// Tests the list of grants that no principal used.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findMonths, retireMonth } from '../../src/audit/audit-retirement.ts';
import { operatorAudit } from '../../src/audit/operator.ts';
import * as ask from '../access/asking.ts';
import type { Client } from '../support/app.ts';
import { type SomeUser, type World, world } from '../support/world.ts';

const UNUSED = `query ($since: DateTime!, $f: Int! = 50, $after: String) {
  unusedPermissions(since: $since, first: $f, after: $after) {
    nodes { id access subject { ... on User { name } ... on Group { name } ... on Application { name } } target { ... on Tag { id } ... on SecretName { name } } }
    pageInfo { hasNextPage endCursor }
  }
}`;

let w: World;
let auditor: SomeUser;
let turn = 0;
/** Only one test uses these names. */
let ann: SomeUser;
let bob: SomeUser;
let secret: string;
let tag: `${string}:${string}`;
/** The period starts after the test has created all grants. */
let since: string;

beforeAll(async () => {
  w = await world({ tokenTtl: 86_400 });
  auditor = await w.user('auditor', { roles: ['AUDITOR'] });
});
beforeEach(async () => {
  turn += 1;
  [secret, tag] = [`secret${turn}`, `turn:${turn}`];
  [ann, bob] = [await w.user(`ann${turn}`), await w.user(`bob${turn}`)];
  await w.secret(secret, { tags: [tag] });
  w.clock.advance({ minutes: 1 });
});
afterAll(() => w.close());

const begin = () => {
  w.clock.advance({ minutes: 1 });
  since = w.clock.now().toISOString();
  w.clock.advance({ minutes: 1 });
};
/** Returns whether the list of unused grants contains the grant, for every page size. */
const isUnused = async (id: string) => {
  const whole: string[] = [];
  for (let after: string | null = null; ; ) {
    // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
    const { nodes, pageInfo }: any = (await auditor.get(UNUSED, { since, f: 200, after })).unusedPermissions;
    // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
    whole.push(...nodes.map((one: any) => one.id));
    if (!pageInfo.hasNextPage) return whole.includes(id);
    after = pageInfo.endCursor;
  }
};
const rotate = (who: Client, name: string) =>
  who.get('mutation ($n: String!) { rotateSecret(input: { name: $n, generate: { length: 20 } }) { changed } }', {
    n: name,
  });

describe('the list of unused grants', () => {
  test('a grant is unused until its holder performs an action that the grant allows', async () => {
    const update = await w.grant(ann.id, 'UPDATE', secret);
    const read = await w.grant(ann.id, ['READ', 'EXECUTE'], tag);
    begin();
    expect([await isUnused(update), await isUnused(read)]).toEqual([true, true]);
    await w.reveal(ann, secret);
    expect([await isUnused(update), await isUnused(read)]).toEqual([true, false]);
    await rotate(ann, secret);
    expect(await isUnused(update)).toBe(false);
  });

  test('a grant stays unused if another principal performs the action, or if its holder performs the action on another secret', async () => {
    await w.secret(`other${turn}`);
    await w.grant(ann.id, 'READ', `other${turn}`);
    const id = await w.grant(ann.id, 'READ', secret);
    await w.grant(bob.id, 'READ', tag);
    begin();
    await w.reveal(bob, secret);
    await w.reveal(ann, `other${turn}`);
    expect(await isUnused(id)).toBe(true);
  });

  test('a grant stays unused after the gateway refuses an action of its holder', async () => {
    const id = await w.grant(ann.id, 'EXECUTE', secret);
    begin();
    expect(await w.reveal(ann, secret)).toBe('FORBIDDEN');
    expect(await isUnused(id)).toBe(true);
  });

  test('a grant to a group is unused unless one of its members performed an action that the grant allows during the membership', async () => {
    const group = await w.group(`team${turn}`, [ann.id, bob.id]);
    const id = await w.grant(group, 'READ', tag);
    await w.grant(bob.id, 'READ', secret);
    begin();
    await ask.removeMembers(w.admin, group, bob.id);
    w.clock.advance({ minutes: 1 });
    await w.reveal(bob, secret);
    expect(await isUnused(id)).toBe(true);
    await w.reveal(ann, secret);
    expect(await isUnused(id)).toBe(false);
  });

  test('if the holder used a grant only before the queried period, the list of unused grants contains the grant', async () => {
    const id = await w.grant(ann.id, 'READ', secret);
    await w.reveal(ann, secret);
    begin();
    expect(await isUnused(id)).toBe(true);
  });

  test('a grant on a tag is used only by actions on secrets that had the tag at the time of the action', async () => {
    const id = await w.grant(ann.id, ['READ', 'UPDATE'], tag);
    await w.grant(ann.id, 'READ', secret);
    begin();
    await ask.untag(w.admin, secret, tag);
    w.clock.advance({ minutes: 20 });
    await w.reveal(ann, secret);
    expect(await isUnused(id)).toBe(true);
    await ask.tag(w.admin, secret, tag);
    await ask.tag(ann, secret, 'kind:other');
    expect(await isUnused(id)).toBe(false);
  });

  test('a grant of UPDATE counts as used when its holder shares the secret', async () => {
    const id = await w.grant(ann.id, ['READ', 'UPDATE'], secret);
    begin();
    await w.grant(bob.id, 'READ', secret, { by: ann });
    expect(await isUnused(id)).toBe(false);
  });

  test('the list of unused grants contains only grants that were already valid when the period started and that are still valid', async () => {
    const short = await w.grant(ann.id, 'READ', secret, { expiresAt: w.clock.in({ minutes: 5 }) });
    const revoked = await w.grant(bob.id, 'READ', secret);
    begin();
    const young = await w.grant(bob.id, 'UPDATE', tag);
    expect([await isUnused(short), await isUnused(revoked), await isUnused(young)]).toEqual([true, true, false]);
    await w.revoke(bob.id, secret);
    w.clock.advance({ minutes: 10 });
    expect([await isUnused(short), await isUnused(revoked)]).toEqual([false, false]);
  });
});

test('small pages of unused grants together equal one large page, and each page takes two statements: one for the grants and one for their objects', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 5; i += 1) ids.push(await w.grant(ann.id, 'READ', `none${turn}_${i}`));
  begin();
  const found: string[] = [];
  for (let after: string | null = null, pages = 0; ; pages += 1) {
    expect(pages).toBeLessThan(100);
    // biome-ignore lint/suspicious/noExplicitAny: responses are untyped JSON
    const { nodes, pageInfo }: any = (await auditor.get(UNUSED, { since, f: 1, after })).unusedPermissions;
    expect(nodes.length).toBeLessThanOrEqual(1);
    found.push(...nodes.map(({ id }: { id: string }) => id));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  const whole = (await auditor.get(UNUSED, { since, f: 200 })).unusedPermissions.nodes;
  expect(found).toEqual(whole.map(({ id }: { id: string }) => id));
  expect(found.slice(0, 5)).toEqual(ids.toReversed());
  const statements = async (f: number) => {
    const before = w.database.statements();
    await auditor.get(UNUSED, { since, f });
    return w.database.statements() - before;
  };
  expect(await statements(100)).toBe(await statements(200));
});

test('callers with ADMIN or AUDITOR can list the grants that were unused in a past period', async () => {
  const refused = async (who: Client, question: object) => ask.refusal(await who.ask(UNUSED, { since, ...question }));
  begin();
  expect(await refused(ann, {})).toEqual({ code: 'FORBIDDEN', field: undefined });
  const wrong = { code: 'BAD_USER_INPUT', field: 'since' };
  expect(await refused(auditor, { since: w.clock.in({ days: 1 }) })).toEqual(wrong);
  expect(await refused(auditor, { since: w.clock.in({ days: -400 }) })).toEqual(wrong);
  expect(await refused(auditor, { after: 'x' })).toEqual({ code: 'BAD_USER_INPUT', field: 'after' });
  expect((await w.admin.ask(UNUSED, { since })).errors).toEqual([]);
});

test('the list of unused grants rejects a period that the audit log no longer covers', async () => {
  await w.grant(ann.id, 'UPDATE', secret);
  begin();
  await rotate(ann, secret);
  w.clock.advance({ days: 31 });
  // Signing in records an audit event. Therefore the month that is not retired contains an audit event.
  const reader = await w.signIn(auditor.name, auditor.password);
  const [first] = await findMonths(w.database);
  if (first === undefined) expect.unreachable();
  const next = new Date(`${first.month}-01T00:00:00Z`);
  next.setUTCMonth(next.getUTCMonth() + 1);
  const folder = await mkdtemp(join(tmpdir(), 'unused-'));
  try {
    expect((await reader.ask(UNUSED, { since })).errors).toEqual([]);
    await retireMonth({ ...w, audit: operatorAudit(w) }, first, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
  expect(ask.refusal(await reader.ask(UNUSED, { since }))).toEqual({ code: 'BAD_USER_INPUT', field: 'since' });
  expect((await reader.ask(UNUSED, { since: next.toISOString() })).errors).toEqual([]);
});

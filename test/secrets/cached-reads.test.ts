// Two gateways cache secrets and decide from their caches. After a change is committed, no gateway answers from the state before the change.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { Keys, keyIdOf } from '../../src/crypto/keyring.ts';
import { rewrap } from '../../src/keyring/rewrap.ts';
import { toUuid } from '../../src/primitives/ids.ts';
import { entitlementCache } from '../../src/principals/entitlement-cache.ts';
import { namedSecrets } from '../../src/secrets/named-secrets.ts';
import * as asking from '../access/asking.ts';
import { type Answer, type Client, type TestApp, testApp } from '../support/app.ts';
import { overhear, sentinel } from '../support/sentinel.ts';
import { type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';
import { create, remove, restore, rollback, rotate, update } from './operations.ts';

const keys = new Map<string, Uint8Array>();
const addKey = () => {
  const key = randomBytes(32);
  const others = [...keys];
  keys.clear();
  for (const [id, each] of [[keyIdOf(key), key] as const, ...others]) keys.set(id, each);
};
addKey();
const keyring = new Keys('test', keys, () => keys);

let w: World;
let second: TestApp;
beforeAll(async () => {
  w = await world({ keyring, tokenTtl: 86_400 });
  const { databaseUrl, adminPassword, clock } = w;
  second = await testApp({ databaseUrl, keyring, adminPassword, clock, tokenTtl: 86_400 });
});
afterAll(async () => {
  await second.close();
  await w.close();
});

type Read = (app: TestApp, who: Client, name: string) => Promise<string | null>;

/** Each function returns the value, the error code, or null if the secret is hidden or missing. */
const READS: Record<string, Read> = {
  async rest(app, who, name) {
    const response = await fetch(`${app.url}/api/secrets/${name}`, { headers: { 'x-authorization': `${who.token}` } });
    const text = await response.text();
    if (response.status === 200) return text;
    overhear(text);
    return response.status === 404 ? null : JSON.parse(text).code;
  },
  async graphql(app, who, name) {
    const answer = await app.as(who.token).askRevealing(`{ secret(name: "${name}") { name value(reveal: true) } }`);
    return answer.code ?? answer.data.secret?.value ?? null;
  },
  async resolve(app, who, name) {
    const answer = await app
      .as(who.token)
      .askRevealing('query ($p: JSON!) { resolveReferences(payload: $p) { payload } }', {
        p: `\${workflow.secrets.${name}}`,
      });
    const [problem] = (answer.errors[0]?.extensions.references ?? []) as { problem: string }[];
    if (problem !== undefined) return problem.problem === 'NOT_FOUND' ? null : problem.problem;
    return answer.code ?? answer.data.resolveReferences.payload;
  },
};

const everywhere = async (who: Client, name: string) => {
  const found = new Set<string | null>();
  for (const app of [w, second]) for (const read of Object.values(READS)) found.add(await read(app, who, name));
  return [...found];
};
const done = async (change: Promise<Answer>) => expect((await change).errors).toEqual([]);
const statementsOf = async (work: () => Promise<unknown>) => {
  const before = w.database.statements();
  await work();
  return w.database.statements() - before;
};
const sql = (text: string, ...params: unknown[]) => w.database.query(text, params);
const uuid = (secret: SomeSecret) => toUuid(secret.id, 'SECRET');

let count = 0;
interface Scene {
  who: SomeUser;
  secret: SomeSecret;
  tag: `${string}:${string}`;
  /** The value that the test expects after the change. */
  next: string;
}
const scene = async (): Promise<Scene> => {
  count += 1;
  const number = count;
  const tag = `scene:${number}` as const;
  const [who, secret] = [await w.user(`user-${number}`), await w.secret(`secret-${number}`, { tags: [tag] })];
  return { who, secret, tag, next: sentinel() };
};

type Change = [
  before: ((one: Scene) => Promise<unknown>) | undefined,
  change: (one: Scene, by: Client) => Promise<unknown>,
  after?: 'next' | 'EXPIRED' | 'INTERNAL_SERVER_ERROR' | 'UNAUTHENTICATED',
];
const byTag = ({ who, tag }: Scene) => w.grant(who.id, 'READ', tag);
const byName = ({ who, secret }: Scene) => w.grant(who.id, 'READ', secret.name);
const past = () => new Date(w.clock.now().getTime() - 1_000);

const CHANGES: Record<string, Change> = {
  'the end of the grant on the tag': [byTag, ({ who, tag }, by) => done(asking.revoke(by, who.id, ['READ'], tag))],
  'the end of the grant on the name': [
    byName,
    ({ who, secret }, by) => done(asking.revoke(by, who.id, ['READ'], secret.name)),
  ],
  'the end of the membership': [
    async ({ who, tag }) => w.grant(await w.group(`group-${count}`, [who.id]), 'READ', tag),
    async ({ who }, by) => {
      const { groups } = await w.admin.get(`{ groups(nameContains: "group-${count}") { nodes { id } } }`);
      await done(asking.removeMembers(by, groups.nodes[0].id, who.id));
    },
  ],
  'the end of the role': [
    ({ who }) => done(asking.updateUser(w.admin, who.id, { roles: ['ADMIN'] })),
    ({ who }, by) => done(asking.updateUser(by, who.id, { roles: [] })),
  ],
  'the deactivation of the user': [
    byTag,
    ({ who }, by) => done(asking.updateUser(by, who.id, { active: false })),
    'UNAUTHENTICATED',
  ],
  'a new password of the user': [
    byTag,
    ({ who }, by) => done(asking.updateUser(by, who.id, { password: sentinel('password') })),
    'UNAUTHENTICATED',
  ],
  'the deactivation and activation of the user': [
    byTag,
    async ({ who }, by) => {
      await done(asking.updateUser(by, who.id, { active: false }));
      await done(asking.updateUser(by, who.id, { active: true }));
    },
    'UNAUTHENTICATED',
  ],
  'the removal of the tag': [byTag, ({ secret, tag }, by) => done(asking.untag(by, secret.name, tag))],
  'the deletion of the secret': [byTag, ({ secret }, by) => done(remove(by, secret.name))],
  'the purge of the secret': [byTag, ({ secret }, by) => done(remove(by, secret.name, { purge: true }))],
  'a rotation': [byTag, ({ secret, next }, by) => done(rotate(by, { name: secret.name, value: next })), 'next'],
  'a rollback': [
    async (one) => {
      await byTag(one);
      [one.next, one.secret.value] = [one.secret.value, one.next];
      await done(rotate(w.admin, { name: one.secret.name, value: one.secret.value }));
    },
    ({ secret }, by) => done(rollback(by, secret.name, 1)),
    'next',
  ],
  'a deletion and a new secret with the same name': [
    byTag,
    async ({ secret, tag, next }, by) => {
      await done(remove(by, secret.name));
      await done(create(by, { name: secret.name, value: next, tags: [{ key: 'scene', value: tag.slice(6) }] }));
    },
    'next',
  ],
  'a deletion, a restore and a rotation': [
    byTag,
    async ({ secret, next }, by) => {
      await done(remove(by, secret.name));
      await done(restore(by, secret.id));
      await done(rotate(by, { name: secret.name, value: next }));
    },
    'next',
  ],
  'a new expiry time that has passed, by SQL': [
    byTag,
    ({ secret }) => sql('UPDATE secrets SET expires_at = $2::timestamptz WHERE id = $1::uuid', uuid(secret), past()),
    'EXPIRED',
  ],
  'an expiry time of the grant that has passed, by SQL': [
    byName,
    ({ secret }) => sql('UPDATE permissions SET expires_at = $2::timestamptz WHERE target = $1', secret.name, past()),
  ],
  'the end of the grant on the name, by SQL': [
    byName,
    ({ secret }) => sql('UPDATE permissions SET valid_to = now() WHERE target = $1', secret.name),
  ],
  'the removal of the tag, by SQL': [
    byTag,
    ({ secret }) => sql('UPDATE secret_tags SET valid_to = now() WHERE secret_id = $1::uuid', uuid(secret)),
  ],
  'the deletion of the row of the tag, by SQL': [
    byTag,
    ({ secret }) => sql('DELETE FROM secret_tags WHERE secret_id = $1::uuid', uuid(secret)),
  ],
  'the deletion of the secret, by SQL': [
    byTag,
    ({ secret }) => sql('UPDATE secrets SET deleted_at = now() WHERE id = $1::uuid', uuid(secret)),
  ],
  'a new name of the secret, by SQL': [
    byTag,
    ({ secret }) => sql(`UPDATE secrets SET name = name || '-x' WHERE id = $1::uuid`, uuid(secret)),
  ],
  'a changed value, by SQL': [
    byTag,
    ({ secret }) => sql(`UPDATE secret_versions SET ciphertext = '\\x02' WHERE secret_id = $1::uuid`, uuid(secret)),
    'INTERNAL_SERVER_ERROR',
  ],
  'a changed data key, by SQL': [
    byTag,
    ({ secret }) => sql(`UPDATE secret_versions SET wrapped_key = '\\x02' WHERE secret_id = $1::uuid`, uuid(secret)),
    'INTERNAL_SERVER_ERROR',
  ],
};

describe('after a change is committed, no gateway answers from the state before the change', () => {
  test.each(Object.entries(CHANGES))('%s', async (_, [before, change, after]) => {
    for (const by of [w.admin, second.as(w.admin.token)]) {
      const one = await scene();
      await before?.(one);
      for (let turn = 0; turn < 2; turn += 1)
        expect(await everywhere(one.who, one.secret.name)).toEqual([one.secret.value]);
      expect(await statementsOf(() => READS.rest!(w, one.who, one.secret.name))).toBe(1);
      await change(one, by);
      expect(await everywhere(one.who, one.secret.name)).toEqual([after === 'next' ? one.next : (after ?? null)]);
    }
  });
});

test('the answer contains the description and the tags of the same state as the revealed value', async () => {
  const one = await scene();
  await byTag(one);
  const { name } = one.secret;
  const ask = async () =>
    (
      await second
        .as(one.who.token)
        .askRevealing(`{ secret(name: "${name}") { description version tags { id } value(reveal: true) } }`)
    ).data.secret;
  const first = await ask();
  expect(await ask()).toEqual(first);
  await done(update(w.admin, { name, description: 'changed' }));
  await done(asking.tag(w.admin, name, 'other:tag'));
  await done(rotate(w.admin, { name, value: one.next }));
  expect(await ask()).toEqual({
    description: 'changed',
    version: 2,
    tags: [{ id: 'other:tag' }, ...first.tags],
    value: one.next,
  });
});

test('the first reveal and the cached reveals of a secret unwrap its data key once', async () => {
  const one = await scene();
  await byTag(one);
  const unwrap = vi.spyOn(keyring, 'unwrap');
  for (let i = 0; i < 3; i += 1) expect(await READS.rest!(w, one.who, one.secret.name)).toBe(one.secret.value);
  expect(unwrap).toHaveBeenCalledTimes(1);
  unwrap.mockRestore();
});

test('a secret and a grant that expire by the clock are refused, even if the gateway has cached the secret', async () => {
  const [one, two] = [await scene(), await scene()];
  const expiresAt = w.clock.in({ seconds: 30 });
  await byTag(one);
  await done(update(w.admin, { name: one.secret.name, expiresAt }));
  await w.grant(two.who.id, 'READ', two.secret.name, { expiresAt });
  for (const { who, secret } of [one, two]) expect(await everywhere(who, secret.name)).toEqual([secret.value]);
  // The gateway still has the entitlements in its cache.
  w.clock.advance({ seconds: 31 });
  expect(await everywhere(one.who, one.secret.name)).toEqual(['EXPIRED']);
  expect(await everywhere(two.who, two.secret.name)).toEqual([null]);
});

test('a change by SQL that does not raise the epoch takes effect after at most one minute', async () => {
  const one = await scene();
  await byTag(one);
  expect(await everywhere(one.who, one.secret.name)).toEqual([one.secret.value]);
  await sql('UPDATE permissions SET valid_to = now() WHERE target = $1', one.tag);
  w.clock.advance({ seconds: 61 });
  expect(await everywhere(one.who, one.secret.name)).toEqual([null]);
});

test('secrets stay cached if the gateway reads unchanged entitlements again after a minute', async () => {
  const one = await scene();
  await byTag(one);
  const other = await w.secret('kept-for-a-minute', { tags: [one.tag] });
  for (const name of [one.secret.name, other.name]) await READS.rest!(w, one.who, name);
  w.clock.advance({ seconds: 61 });
  await READS.rest!(w, one.who, one.secret.name);
  expect(await statementsOf(async () => expect(await READS.rest!(w, one.who, other.name)).toBe(other.value))).toBe(1);
});

test('secrets stay cached if another gateway changes the access of another principal', async () => {
  const [one, other] = [await scene(), await scene()];
  await byTag(one);
  const next = await w.secret('kept-for-another-epoch', { tags: [one.tag] });
  for (const { name, value } of [one.secret, next]) expect(await READS.rest!(w, one.who, name)).toBe(value);
  await done(asking.grant(second.as(w.admin.token), other.who.id, ['READ'], other.tag));
  const read = ({ name, value }: SomeSecret) =>
    statementsOf(async () => expect(await READS.rest!(w, one.who, name)).toBe(value));
  // The event of the stale decision, the entitlements, and the event of the second decision.
  expect(await read(one.secret)).toBe(3);
  expect(await read(next)).toBe(1);
});

test('a TRUNCATE of the tags takes effect at once, even if the gateway has cached the secret', async () => {
  const one = await scene();
  await byTag(one);
  expect(await everywhere(one.who, one.secret.name)).toEqual([one.secret.value]);
  await sql('TRUNCATE secret_tags');
  expect(await everywhere(one.who, one.secret.name)).toEqual([null]);
});

test('a refusal that the gateway decides from its cache is recorded once, and a new grant takes effect at once', async () => {
  const one = await scene();
  const { who, secret } = one;
  await w.grant(who.id, 'EXECUTE', one.tag);
  expect(await READS.resolve!(w, who, secret.name)).toBe(secret.value);
  expect(await statementsOf(async () => expect(await READS.rest!(w, who, secret.name)).toBe('FORBIDDEN'))).toBe(1);
  const [event] = await sql(
    `SELECT action, outcome, version, changes->>'code' AS code, subject_id AS id FROM audit_events ORDER BY at DESC, seq DESC LIMIT 1`,
  );
  expect(event).toEqual({ action: 'SECRET_REVEAL', outcome: 'REFUSED', version: 1, code: 'FORBIDDEN', id: secret.id });
  await w.grant(who.id, 'READ', secret.name);
  expect(await READS.rest!(w, who, secret.name)).toBe(secret.value);
});

test('a hidden secret takes as many database statements as a missing secret, also right after the access ended', async () => {
  const [one, two] = [await scene(), await scene()];
  for (const each of [one, two]) {
    await byName(each);
    await everywhere(each.who, each.secret.name);
  }
  await w.revoke(one.who.id, one.secret.name);
  await done(remove(w.admin, two.secret.name));
  for (const read of Object.values(READS)) {
    const cost = ({ who, secret }: Scene) =>
      statementsOf(async () => expect(await read(w, who, secret.name)).toBe(null));
    expect(await cost(one)).toBe(await cost(two));
    expect(await cost(one)).toBe(2);
    expect(await cost({ ...one, secret: { ...one.secret, name: 'missing' } })).toBe(2);
  }
});

test('a cached secret that is hidden because a grant expired takes as many database statements as a missing secret', async () => {
  const one = await scene();
  const { who } = one;
  const expiresAt = w.clock.in({ seconds: 30 });
  await w.grant(who.id, ['READ', 'UPDATE'], one.secret.name, { expiresAt });
  await everywhere(who, one.secret.name);
  const uses: Record<string, Read> = {
    ...READS,
    rotate: async (app, { token }, name) => (await rotate(app.as(token), { name, value: one.next })).code ?? null,
  };
  w.clock.advance({ seconds: 31 });
  for (const [kind, use] of Object.entries(uses)) {
    const cost = (name: string) =>
      statementsOf(async () => expect(await use(w, who, name)).toBe(kind === 'rotate' ? 'NOT_FOUND' : null));
    const hidden = await cost(one.secret.name);
    expect(hidden).toBe(await cost('missing'));
  }
});

test('a changed secret does not fail the other reads of the same moment', async () => {
  const scenes = await Promise.all(Array.from({ length: 8 }, () => scene()));
  for (const each of scenes) await byTag(each);
  const all = () => Promise.all(scenes.map(({ who, secret }) => READS.rest!(w, who, secret.name)));
  const values = scenes.map(({ secret }) => secret.value);
  expect(await all()).toEqual(values);
  const { secret, next } = scenes[3]!;
  await done(rotate(second.as(w.admin.token), { name: secret.name, value: next }));
  expect(await all()).toEqual(values.with(3, next));
});

test('the gateway can read a cached value after a rewrap, and not after the encryption key of the value was removed', async () => {
  const [moved, left] = [await scene(), await scene()];
  for (const each of [moved, left]) await byTag(each);
  const old = keyring.current();
  addKey();
  for (const each of [moved, left]) expect(await everywhere(each.who, each.secret.name)).toEqual([each.secret.value]);
  const [row] = await sql(
    'SELECT wrapped_key AS wrapped FROM secret_versions WHERE secret_id = $1::uuid AND key_id = $2',
    uuid(left.secret),
    old,
  );
  expect(await rewrap({ database: w.database, keyring })).toMatchObject({ remaining: 0 });
  const { wrapped } = row as { wrapped: Uint8Array };
  await sql(
    'UPDATE secret_versions SET wrapped_key = $2::bytea, key_id = $3 WHERE secret_id = $1::uuid',
    ...[uuid(left.secret), wrapped, old],
  );
  for (const each of [moved, left]) expect(await everywhere(each.who, each.secret.name)).toEqual([each.secret.value]);
  const removed = keys.get(old);
  keys.delete(old);
  expect(keyring.ids()).not.toContain(old);
  expect(await everywhere(moved.who, moved.secret.name)).toEqual([moved.secret.value]);
  expect(await everywhere(left.who, left.secret.name)).toEqual(['INTERNAL_SERVER_ERROR']);
  if (removed !== undefined) keys.set(old, removed);
  keyring.ids();
  expect(await everywhere(left.who, left.secret.name)).toEqual([left.secret.value]);
});

test('the gateway caches only secrets with a value that the caller may see, up to a limit', async () => {
  const one = await scene();
  await w.grant(one.who.id, 'READ', 'small:cache');
  const names = Array.from({ length: 6 }, (_, i) => `small-${i}`);
  for (const name of names) await w.secret(name, { value: 'x'.repeat(3_000), tags: ['small:cache'] });
  const [head, body] = one.who
    .token!.split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const claims = {
    ...{ kind: 'USER' as const, id: toUuid(one.who.id, 'USER')!, generation: body.gen },
    ...{ accessKeyId: undefined, kid: head.kid },
  };
  const entitlements = entitlementCache(w);
  const named = namedSecrets({
    database: w.database,
    entitlementCache: entitlements,
    clock: w.clock,
    mostBytes: 20_000,
  });
  const isCached = (name: string | undefined) => named.cached(claims, [name ?? '']) !== undefined;
  for (const name of names) {
    await named.read(claims, [name], ['READ']);
    expect(isCached(name)).toBe(true);
  }
  expect(isCached(names[0])).toBe(false);
  await named.read(claims, [names[0] ?? '', one.secret.name, 'missing'], null);
  for (const name of [names[0], one.secret.name, 'missing']) expect(isCached(name)).toBe(false);
  expect(named.cached(claims, [])).toBeUndefined();
  expect(named.cached(claims, [names[4] ?? '', 'missing'])).toBeUndefined();
  expect(named.cached(claims, [names[4] ?? '', names[5] ?? ''])?.asOf.secrets).toHaveLength(2);
});

test('the size of a cached secret includes its description, its tags and the grants on its name', async () => {
  const one = await scene();
  const names = Array.from({ length: 4 }, (_, i) => `wordy-${i}`);
  const tags = Array.from({ length: 10 }, (_, i) => `wordy:${'x'.repeat(100)}-${i}` as const);
  for (const name of names) {
    await w.secret(name, { tags });
    await done(update(w.admin, { name, description: 'd'.repeat(2_000) }));
    await w.grant(one.who.id, 'READ', name);
  }
  const [head, body] = one.who
    .token!.split('.', 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
  const claims = {
    ...{ kind: 'USER' as const, id: toUuid(one.who.id, 'USER')!, generation: body.gen },
    ...{ accessKeyId: undefined, kid: head.kid },
  };
  const named = namedSecrets({
    database: w.database,
    entitlementCache: entitlementCache(w),
    clock: w.clock,
    mostBytes: 20_000,
  });
  await named.read(claims, names, ['READ']);
  expect(names.filter((name) => named.cached(claims, [name]) !== undefined)).toEqual(names.slice(2));
});

test('a GraphQL query with the method GET records no reveal and reveals no value', async () => {
  const one = await scene();
  await byTag(one);
  await everywhere(one.who, one.secret.name);
  const query = encodeURIComponent(`{ secret(name: "${one.secret.name}") { value(reveal: true) } }`);
  const events = async () => (await sql(`SELECT 1 FROM audit_events WHERE action = 'SECRET_REVEAL'`)).length;
  const before = await events();
  const response = await fetch(`${w.url}/graphql?query=${query}`, {
    headers: { authorization: `Bearer ${one.who.token}`, 'apollo-require-preflight': 'x' },
  });
  const answer = await response.text();
  overhear(answer);
  expect(JSON.parse(answer).errors[0].extensions.code).toBe('BAD_USER_INPUT');
  expect(await events()).toBe(before);
});

test('each answer with a value has its own audit event, and the audit log is intact', async () => {
  const own = await world();
  const { databaseUrl, adminPassword, clock } = own;
  const other = await testApp({ databaseUrl, keyring: own.keyring, adminPassword, clock });
  const name = 'db';
  const values = [(await own.secret(name, { tags: ['env:prod'] })).value, sentinel()];
  const who = await own.user('ann');
  await own.grant(who.id, 'READ', 'env:prod');
  let answers = 0;
  let unknown = 0;
  const reads = Object.values(READS);
  const readers = Array.from({ length: 12 }, async (_, i) => {
    for (let turn = 0; turn < 15; turn += 1) {
      const found = await reads[(i + turn) % 3]!(i % 2 ? own : other, who, name);
      // On a busy machine, the gateway may not learn whether an event was committed.
      if (found === 'UNAVAILABLE') unknown += 1;
      else {
        expect(values).toContain(found);
        answers += 1;
      }
    }
  });
  for (let turn = 0; turn < 6; turn += 1) {
    const by = turn % 2 ? own.admin : other.as(own.admin.token);
    await done(rotate(by, { name, value: values[(turn + 1) % 2] }));
    await done(asking.tag(own.admin, name, `turn:${turn}`));
  }
  await Promise.all(readers);
  const query = `{ a: secret(name: "db") { b: value(reveal: true) c: value(reveal: true) } d: secret(name: "db") { value(reveal: true) } }`;
  for (let turn = 0; turn < 2; turn += 1) expect((await own.as(who.token).askRevealing(query)).errors).toEqual([]);
  const events = await own.database.query(
    `SELECT 1 FROM audit_events WHERE subject_name = $1 AND outcome = 'DONE' AND action IN ('SECRET_REVEAL', 'SECRET_USE')`,
    [name],
  );
  expect(events.length).toBeGreaterThanOrEqual(answers + 6);
  expect(events.length).toBeLessThanOrEqual(answers + 6 + unknown);
  expect((await verifyLog(own)).problem).toBeNull();
  await other.close();
  await own.close();
});

test('after the gateway connects to the database again, the gateway uses no cached secret, because a failover can repeat revisions', async () => {
  const one = await scene();
  await byName(one);
  const name = one.secret.name;
  const description = async () => {
    const query = `{ secret(name: "${name}") { description value(reveal: true) } }`;
    const { data, code } = await w.as(one.who.token).askRevealing(query);
    return code ?? data.secret.description;
  };
  expect(await description()).toBe(null);
  // A change without triggers raises neither the revision nor the epoch, like a lost change that another change repeats.
  await w.database.transaction(async (tx) => {
    await tx.query('SET LOCAL session_replication_role = replica');
    await tx.query('UPDATE secrets SET description = $2 WHERE id = $1::uuid', [uuid(one.secret), 'repeated']);
  });
  expect(await description()).toBe(null);
  await sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await vi.waitFor(async () => expect(await description()).toBe('repeated'), { timeout: 10_000 });
});

test('after a connection of the pool broke, a list uses no cached entitlements, because a failover can repeat epochs', async () => {
  const who = await w.user('lost-administrator', { roles: ['ADMIN'] });
  const sees = async () => (await who.get('{ secrets(first: 1) { nodes { name } } }')).secrets.nodes.length === 1;
  expect(await sees()).toBe(true);
  // A change without a new epoch, like a lost change that another change repeats.
  await sql('DELETE FROM role_assignments WHERE subject_id = $1::uuid', toUuid(who.id, 'USER'));
  expect(await sees()).toBe(true);
  await second.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND query NOT LIKE '%audit_streams%'`);
  await vi.waitFor(async () => expect(await sees()).toBe(false), { timeout: 10_000 });
});

// Tests creations, deletions, tags and grants of two gateways that share a database. A change is decided from data that is not locked, and is made by
// the statement that checks this data and writes the audit event.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import type { Sql } from '../../src/database/client.ts';
import { Unavailable } from '../../src/errors.ts';
import type { Answer, Client } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { create, remove, restore, rotate, tag, untag, versions } from './operations.ts';

let w: World;
/** A second gateway that uses the same database. */
let other: World;
/** A database session that locks rows. */
let hands: pg.Client;
beforeAll(async () => {
  w = await world({ connections: 20 });
  const { databaseUrl, keyring, adminPassword, clock } = w;
  other = await world({ databaseUrl, keyring, adminPassword, clock });
});
afterAll(async () => {
  await other.close();
  await w.close();
});
beforeEach(async () => {
  hands = new pg.Client({ connectionString: w.databaseUrl });
  await hands.connect();
});
afterEach(async () => {
  await hands.end();
  const { problem, intact } = await verifyLog({ database: w.database, keyring: w.keyring });
  expect([problem, intact]).toEqual([null, true]);
});

const TAGS = [{ key: 'added', value: '1' }];
const codeOf = ({ errors }: Answer) => errors[0]?.extensions.code ?? 'DONE';
const change = (who: Client, field: string, subjectId: string, target: object, access = ['READ']): Promise<Answer> =>
  who.ask(`mutation ($i: PermissionInput!) { ${field}(input: $i) { permission { access } } }`, {
    i: { subjectId, target, access },
  });
const grant = (who: Client, subjectId: string, target: object, access?: string[]) =>
  change(who, 'grantPermission', subjectId, target, access);
const revoke = (who: Client, subjectId: string, target: object, access?: string[]) =>
  change(who, 'revokePermission', subjectId, target, access);
const cost = async (work: () => Promise<unknown>): Promise<number> => {
  const before = w.database.statements();
  await work();
  return w.database.statements() - before;
};
/** Waits until a session of PostgreSQL waits for a lock. */
const waiting = async () => {
  for (;;) {
    const { rows } = await hands.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
};
const lock = async (name: string) => {
  await hands.query('BEGIN');
  await hands.query('SELECT FROM secrets WHERE name = $1 AND deleted_at IS NULL FOR UPDATE', [name]);
};

describe('the number of SQL statements', () => {
  test('a creation needs one statement, and many creations at the same moment share statements', async () => {
    const who = await w.user('counted', { roles: ['USER'] });
    await w.secret('first', { by: who });
    expect(await cost(() => w.secret('second', { by: who, tags: ['a:1'] }))).toBe(1);
    const names = Array.from({ length: 12 }, (_, i) => `many-${i}`);
    // The lock holds the first statement back until the other creations wait for it.
    await hands.query('BEGIN');
    await hands.query('SELECT FROM audit_streams FOR UPDATE');
    const taken = await cost(async () => {
      const all = Promise.all(names.map((name) => w.secret(name, { by: who })));
      await waiting();
      await new Promise((wake) => setTimeout(wake, 300));
      await hands.query('COMMIT');
      await all;
    });
    expect(taken).toBeLessThan(names.length);
    for (const name of names) expect(await w.sees(who, name)).toBe(true);
  });

  test('a deletion, a change of tags, a grant and a revocation each need one read and one statement', async () => {
    const reader = await w.user('reader');
    await w.secret('each');
    expect(await cost(() => tag(w.admin, 'each', TAGS))).toBe(2);
    expect(await cost(() => untag(w.admin, 'each', TAGS))).toBe(3);
    expect(await cost(() => grant(w.admin, reader.id, { secret: 'each' }))).toBe(2);
    expect(await cost(() => revoke(w.admin, reader.id, { secret: 'each' }))).toBe(2);
    expect(await cost(() => remove(w.admin, 'each'))).toBe(2);
  });

  test('changes of one secret at the same moment take turns, so each change needs at most three statements', async () => {
    await w.secret('queued');
    const many = Array.from({ length: 10 });
    const rotations = many.map(() => () => rotate(w.admin, { name: 'queued', value: sentinel() }));
    const taggings = many.map((_, i) => () => tag(w.admin, 'queued', [{ key: `k${i}`, value: 'v' }]));
    const costOf = (changes: (() => Promise<Answer>)[]) =>
      cost(async () => {
        for (const answer of await Promise.all(changes.map((act) => act()))) expect(codeOf(answer)).toBe('DONE');
      });
    // A change with one attempt needs at most two reads and one statement.
    expect(await costOf(rotations)).toBeLessThanOrEqual(3 * many.length);
    expect(await costOf(taggings)).toBeLessThanOrEqual(3 * many.length);
    expect(await versions(w.admin, 'queued')).toHaveLength(11);
  });

  test('a PUT by REST creates a missing secret with one read and one statement', async () => {
    const rest = restClient(w.url, w.admin.token);
    const put = (name: string) =>
      rest.send('PUT', `/secrets/${name}`, sentinel(), { headers: { 'content-type': 'text/plain' } });
    await put('put-first');
    expect(await cost(() => put('put-second'))).toBe(2);
  });
});

test('the answer of a creation and of a change of tags equals a later read of the secret', async () => {
  const who = await w.user('computed', { roles: ['USER'] });
  const fields =
    'id name description version tags { id } viewerAccess expiresAt createdAt updatedAt deletedAt updatedBy { id }';
  const same = async ({ data, errors }: Answer, field: string) => {
    expect(errors).toEqual([]);
    const { secret } = await who.get(`{ secret(name: "computed") { ${fields} } }`);
    const { updatedBy, ...rest } = secret;
    expect(data[field].secret).toEqual(rest);
    expect(updatedBy.id).toBe(who.id);
  };
  const tags = ['zebra', 'ä', 'a', '\u{1F511}'].map((key) => ({ key, value: 'v' }));
  const input = { name: 'computed', value: sentinel(), description: 'a text', expiresAt: '2199-01-01T00:00:00Z', tags };
  await same(await create(who, input), 'createSecret');
  await same(await tag(who, 'computed', [{ key: 'b', value: 'v' }]), 'tagSecret');
  await same(await untag(who, 'computed', [tags[1]!]), 'untagSecret');
  await same(await tag(who, 'computed', [{ key: 'b', value: 'v' }]), 'tagSecret');
});

describe('a change that waits for another transaction', () => {
  test.each([
    ['a deletion', 'DELETE', (who: Client, name: string) => remove(who, name)],
    ['a change of tags', 'UPDATE', (who: Client, name: string) => tag(who, name, TAGS)],
    ['a grant', 'UPDATE', (who: Client, name: string, id: string) => grant(who, id, { secret: name }, ['UPDATE'])],
  ] as const)(
    '%s is refused if the access of the caller is revoked while the change waits',
    async (what, access, act) => {
      const name = what.replaceAll(' ', '-');
      const who = await w.user(name);
      await w.secret(name, { tags: [`${name}:1`] });
      await w.grant(who.id, access, `${name}:1`);
      expect(await w.sees(who, name)).toBe(true);
      await lock(name);
      const changed = act(who, name, who.id);
      await waiting();
      await other.revoke(who.id, `${name}:1`);
      await hands.query('COMMIT');
      expect(codeOf(await changed)).toBe('NOT_FOUND');
      const { secret } = await w.admin.get('query ($n: String!) { secret(name: $n) { tags { id } } }', { n: name });
      expect(secret).toEqual({ tags: [{ id: `${name}:1` }] });
    },
  );

  test('a creation is refused if the role of the caller is removed while the creation waits', async () => {
    const who = await w.user('maker', { roles: ['USER'] });
    await w.secret('made', { by: who });
    await hands.query('BEGIN');
    await hands.query(`SELECT pg_advisory_xact_lock(1936024425, hashtext('not-made'))`);
    const created = create(who, { name: 'not-made', value: sentinel() });
    await waiting();
    const { errors } = await other.admin.ask(
      'mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { roles } } }',
      { i: { id: who.id, roles: [] } },
    );
    expect(errors).toEqual([]);
    await hands.query('COMMIT');
    expect(codeOf(await created)).toBe('FORBIDDEN');
    expect(await w.sees(w.admin, 'not-made')).toBe(false);
  });

  test('does not delay the changes of other secrets and the reveals of this process', async () => {
    for (const name of ['held', 'free']) await w.secret(name);
    await lock('held');
    const held = [tag(w.admin, 'held', TAGS), grant(w.admin, (await w.user('late')).id, { secret: 'held' })];
    await waiting();
    expect(codeOf(await tag(w.admin, 'free', TAGS))).toBe('DONE');
    expect(codeOf(await create(w.admin, { name: 'new-one', value: sentinel() }))).toBe('DONE');
    expect(codeOf(await remove(w.admin, 'free'))).toBe('DONE');
    await hands.query('COMMIT');
    expect((await Promise.all(held)).map(codeOf)).toEqual(['DONE', 'DONE']);
  });
});

describe.each(['answer', 'question'] as const)('if the gateway loses the %s of the statement of a change', (what) => {
  /** Calls `act`. The statement of the change in `act` has an unknown outcome. */
  const losing = async (act: () => Promise<Answer>): Promise<Answer> => {
    const { database } = w;
    const { connection } = database;
    database.connection = (work) =>
      connection((sql, prepared) => {
        const query: Sql['query'] = async (text, params) => {
          if (!text.includes('asked AS')) return prepared.query(text, params);
          if (what === 'answer') await prepared.query(text, params);
          throw new Unavailable(new Error('Connection terminated unexpectedly'));
        };
        return work(sql, { query });
      });
    try {
      return await act();
    } finally {
      database.connection = connection;
    }
  };

  test.each([
    ['a creation', (name: string) => create(w.admin, { name: `${name}-new`, value: sentinel() })],
    ['a deletion', (name: string) => remove(w.admin, name)],
    ['a change of tags', (name: string) => tag(w.admin, name, TAGS)],
    ['a grant', (name: string, id: string) => grant(w.admin, id, { secret: name })],
  ])('%s fails with UNAVAILABLE, and the next event continues the chain', async (kind, act) => {
    const name = `lost-${what}-${kind.replaceAll(' ', '-')}`;
    const who = await w.user(name);
    await w.secret(name);
    const changed = async () => {
      const [secret, made] = await Promise.all([w.sees(w.admin, name), w.sees(w.admin, `${name}-new`)]);
      if (!secret || made) return true;
      const { secret: found } = await w.admin.get('query ($n: String!) { secret(name: $n) { tags { id } } }', {
        n: name,
      });
      return found.tags.length > 0 || (await w.sees(who, name));
    };
    expect(codeOf(await losing(() => act(name, who.id)))).toBe('UNAVAILABLE');
    expect(await changed()).toBe(what === 'answer');
    expect(codeOf(await create(w.admin, { name: `${name}-next`, value: sentinel() }))).toBe('DONE');
  });
});

test('if two gateways create many secrets with the same names at the same moment, each name gets one secret, and the other creations fail with NAME_TAKEN', async () => {
  const names = Array.from({ length: 8 }, (_, i) => `same-${i}`);
  const asked = [...names, ...names.toReversed(), ...names];
  const answers = await Promise.all(
    asked.map(async (name, i) => ({
      name,
      code: codeOf(await create((i % 2 === 0 ? w : other).admin, { name, value: sentinel() })),
    })),
  );
  for (const name of names) {
    const codes = answers.filter((answer) => answer.name === name).map(({ code }) => code);
    expect(codes.sort()).toEqual(['DONE', 'NAME_TAKEN', 'NAME_TAKEN']);
  }
});

test('if PUTs by two gateways store different values under a new name, the first PUT creates the secret, and the others add versions', async () => {
  const put = (gateway: World) =>
    restClient(gateway.url, gateway.admin.token).send('PUT', '/secrets/put-by-all', sentinel(), {
      headers: { 'content-type': 'text/plain' },
    });
  const answers = await Promise.all([w, other, w, other, w, other].map(put));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect((await versions(w.admin, 'put-by-all')).map(({ number }) => number)).toEqual([6, 5, 4, 3, 2, 1]);
});

test('a secret that is deleted and rotated at the same moment is deleted once, and each rotation stores a version or fails with NOT_FOUND', async () => {
  for (let round = 0; round < 6; round += 1) {
    const name = `race-${round}`;
    const { id } = await w.secret(name);
    const gateways = [w, other, w, other, w, other];
    const answers = await Promise.all(
      gateways.map(({ admin }, i) => (i < 2 ? remove(admin, name) : rotate(admin, { name, value: sentinel() }))),
    );
    const codes = answers.map(codeOf);
    expect(codes.slice(0, 2).sort()).toEqual(['DONE', 'NOT_FOUND']);
    for (const code of codes) expect(['DONE', 'NOT_FOUND']).toContain(code);
    expect(codeOf(await restore(w.admin, id))).toBe('DONE');
    const rotated = codes.slice(2).filter((code) => code === 'DONE').length;
    expect(await versions(w.admin, name)).toHaveLength(1 + rotated);
  }
});

test('grants to one subject at the same moment are all stored, and a revocation of all of them leaves no grant', async () => {
  const who = await w.user('granted');
  await w.secret('for-grants');
  const targets = [{ secret: 'for-grants' }, { tag: { key: 'for', value: 'grants' } }];
  for (const target of targets) {
    const accesses = ['READ', 'UPDATE', 'DELETE', 'EXECUTE'];
    const granted = await Promise.all(
      accesses.map((access, i) => grant((i % 2 === 0 ? w : other).admin, who.id, target, [access])),
    );
    expect(granted.map(codeOf)).toEqual(accesses.map(() => 'DONE'));
    const held = await grant(w.admin, who.id, target, ['READ']);
    expect(held.data.grantPermission.permission.access).toEqual(accesses);
    const revoked = await Promise.all([w, other].map(({ admin }) => revoke(admin, who.id, target, accesses)));
    for (const { data } of revoked) expect(data.revokePermission.permission).toBeNull();
  }
  expect(await w.sees(who, 'for-grants')).toBe(false);
});

test('tags, grants, creations and deletions at the same moment cause no deadlock', async () => {
  const who = await w.user('busy');
  const names = ['busy-0', 'busy-1', 'busy-2'];
  for (const name of names) await w.secret(name);
  const target = (i: number) => (i % 2 === 0 ? { secret: names[i % 3]! } : { tag: TAGS[0]! });
  const acts = [
    (admin: Client, i: number) => tag(admin, names[i % 3]!, TAGS),
    (admin: Client, i: number) => untag(admin, names[i % 3]!, TAGS),
    (admin: Client, i: number) => grant(admin, who.id, target(i)),
    (admin: Client, i: number) => revoke(admin, who.id, target(i)),
    (admin: Client, i: number) => remove(admin, names[i % 3]!),
    (admin: Client, i: number) => create(admin, { name: names[i % 3]!, value: sentinel() }),
  ];
  const answers = await Promise.all(
    Array.from({ length: 6 }, async (_, lane) => {
      const codes: string[] = [];
      for (let i = 0; i < 12; i += 1)
        codes.push(codeOf(await acts[(lane + i) % acts.length]!((i % 2 === 0 ? w : other).admin, lane * 5 + i)));
      return codes;
    }),
  );
  for (const code of new Set(answers.flat())) expect(['DONE', 'NOT_FOUND', 'NAME_TAKEN']).toContain(code);
}, 60_000);

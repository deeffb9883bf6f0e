// Tests rotations of two gateways that share a database. The rotations of one moment share a statement, and are decided
// from data that the statement checks.
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyLog } from '../../src/audit/audit-verification.ts';
import { rewrap } from '../../src/keyring/rewrap.ts';
import type { Answer } from '../support/app.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeUser, type World, world } from '../support/world.ts';
import { create, destroyVersion, remove, rollback, rotate, tag, untag, update, versions } from './operations.ts';

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

const codeOf = ({ errors }: Answer) => errors[0]?.extensions.code ?? 'DONE';
const numbers = async (name: string) => (await versions(w.admin, name)).map(({ number }) => number);
const uuidOf = ({ id }: SomeUser) => id.replace('usr_', '').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const upTo = (count: number) => Array.from({ length: count }, (_, i) => count - i);
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
const lock = async (name: string) => {
  await hands.query('BEGIN');
  await hands.query('SELECT FROM secrets WHERE name = $1 FOR UPDATE', [name]);
};
/** Waits until a session of PostgreSQL waits for a row lock. */
const waiting = async () => {
  for (;;) {
    const { rows } = await hands.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
    await new Promise((wake) => setTimeout(wake, 10));
  }
};
/** Rotates a secret once, so that the gateway has the secret in its cache. */
const warm = async (gateway: World, name: string) => {
  expect(codeOf(await rotate(gateway.admin, { name, value: sentinel() }))).toBe('DONE');
};

test('a rotation of a cached secret needs one SQL statement, and also the rotations of many secrets at the same moment', async () => {
  const all = names('shared', 12);
  for (const name of all) await w.secret(name);
  await warm(w, all[0]!);
  let before = w.database.statements();
  const one = sentinel();
  expect(codeOf(await rotate(w.admin, { name: all[0], value: one }))).toBe('DONE');
  expect(w.database.statements() - before).toBe(1);
  await Promise.all(all.map((name) => warm(w, name)));
  before = w.database.statements();
  const answers = await Promise.all(all.map((name) => rotate(w.admin, { name, value: sentinel() })));
  expect(answers.map(codeOf)).toEqual(all.map(() => 'DONE'));
  expect(w.database.statements() - before).toBeLessThan(all.length);
  expect(await w.reveal(w.admin, all[0]!, 3)).toBe(one);
  expect(await numbers(all[1]!)).toEqual(upTo(3));
});

test('the answer of a rotation from the cache equals a later read of the secret', async () => {
  await w.secret('computed', { tags: ['env:prod', 'team:a'], expiresAt: '2199-01-01T00:00:00Z' });
  await update(w.admin, { name: 'computed', description: 'a description' });
  for (let i = 0; i < 25; i += 1) {
    const { data } = await rotate(w.admin, { name: 'computed', value: sentinel() });
    const fields =
      'id name description version tags { id } viewerAccess expiresAt createdAt updatedAt deletedAt updatedBy { id }';
    const { secret } = await w.admin.get(`{ secret(name: "computed") { ${fields} } }`);
    const { updatedBy, ...rest } = secret;
    expect(data.rotateSecret.secret).toEqual(rest);
    expect(updatedBy.id).toMatch(/^usr_/);
  }
});

test('two rotations of one secret at the same moment store two versions', async () => {
  await w.secret('twice');
  await warm(w, 'twice');
  const values = [sentinel(), sentinel()];
  const answers = await Promise.all(values.map((value) => rotate(w.admin, { name: 'twice', value })));
  const stored = answers.map(({ data }) => data.rotateSecret.secret.version as number);
  expect([...stored].sort()).toEqual([3, 4]);
  for (const [i, version] of stored.entries()) expect(await w.reveal(w.admin, 'twice', version)).toBe(values[i]);
});

test('if another gateway changed one of many secrets, all rotations of the moment succeed, and no version is lost', async () => {
  const all = names('stale', 8);
  for (const name of all) await w.secret(name);
  await Promise.all(all.map((name) => warm(w, name)));
  await warm(other, all[3]!);
  const answers = await Promise.all(all.map((name) => rotate(w.admin, { name, value: sentinel() })));
  expect(answers.map(({ data }) => data.rotateSecret.secret.version)).toEqual([3, 3, 3, 4, 3, 3, 3, 3]);
});

test('a rotation from the cache with an expectedVersion that another gateway exceeded fails with VERSION_CONFLICT', async () => {
  await w.secret('conflict');
  await warm(w, 'conflict');
  await warm(other, 'conflict');
  const answer = await rotate(w.admin, { name: 'conflict', value: sentinel(), expectedVersion: 2 });
  expect(answer.errors[0]?.extensions).toMatchObject({ code: 'VERSION_CONFLICT', currentVersion: 3 });
  expect(await numbers('conflict')).toEqual(upTo(3));
});

test('a rotation to a value that another gateway has already stored creates no version', async () => {
  await w.secret('equal');
  await warm(w, 'equal');
  const value = sentinel();
  expect((await rotate(other.admin, { name: 'equal', value })).data.rotateSecret.changed).toBe(true);
  const { data } = await rotate(w.admin, { name: 'equal', value });
  expect(data.rotateSecret).toMatchObject({ changed: false, secret: { version: 3 } });
  expect(await numbers('equal')).toEqual(upTo(3));
});

describe('a rotation that waits for another transaction', () => {
  test.each([
    ['the grant on a tag', 'user'],
    ['the membership in a group', 'group'],
    ['the grant on the name', 'name'],
  ] as const)('is refused if %s is removed while the rotation waits', async (_, how) => {
    const name = `waits-${how}`;
    const who = await w.user(name);
    await w.secret(name, { tags: ['wait:1'] });
    const group = how === 'group' ? await w.group(name, [who.id]) : undefined;
    const target = how === 'name' ? name : 'wait:1';
    await w.grant(group ?? who.id, 'UPDATE', target);
    expect(codeOf(await rotate(who, { name, value: sentinel() }))).toBe('DONE');
    await lock(name);
    const rotated = rotate(who, { name, value: sentinel() });
    await waiting();
    if (how === 'name')
      await hands.query('UPDATE permissions SET valid_to = now() WHERE subject_id = $1', [uuidOf(who)]);
    else if (group === undefined) await other.revoke(who.id, target);
    else
      await other.admin.get(
        'mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
        { g: group, p: [who.id] },
      );
    await hands.query('COMMIT');
    expect(codeOf(await rotated)).toBe('NOT_FOUND');
    expect(await numbers(name)).toEqual(upTo(2));
    // The change by SQL is undone, because verification would report the change.
    if (how === 'name')
      await hands.query('UPDATE permissions SET valid_to = NULL WHERE subject_id = $1', [uuidOf(who)]);
  });

  test('does not delay the rotations of other secrets and the reveals of this process', async () => {
    for (const name of ['held', 'free']) await w.secret(name);
    await warm(w, 'held');
    await warm(w, 'free');
    await lock('held');
    const held = rotate(w.admin, { name: 'held', value: sentinel() });
    await waiting();
    const value = sentinel();
    expect(codeOf(await rotate(w.admin, { name: 'free', value }))).toBe('DONE');
    expect(await w.reveal(w.admin, 'free')).toBe(value);
    await hands.query('COMMIT');
    expect(codeOf(await held)).toBe('DONE');
  });
});

describe('the oldest value of a secret', () => {
  test('a rotation from the cache destroys the oldest value, or does nothing to a value that another gateway destroyed', async () => {
    await w.secret('old');
    for (let version = 2; version <= 24; version += 1) {
      // The rotation from version 21 to 22 would destroy version 2.
      if (version === 22) expect(codeOf(await destroyVersion(other.admin, 'old', 2))).toBe('DONE');
      await warm(w, 'old');
    }
    const destroyed = (await versions(w.admin, 'old')).filter(({ destroyedAt }) => destroyedAt !== null);
    expect(destroyed.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
  });

  test('a rotation destroys the oldest value, even if the value of the current version was removed by SQL', async () => {
    await w.secret('removed');
    for (let version = 2; version <= 22; version += 1) await warm(w, 'removed');
    const current = `v.number = 22 AND v.secret_id = (SELECT id FROM secrets WHERE name = 'removed')`;
    await hands.query(`CREATE TEMP TABLE aside AS SELECT v.* FROM secret_versions v WHERE ${current}`);
    await hands.query(`DELETE FROM secret_versions v WHERE ${current}`);
    await warm(w, 'removed');
    await warm(w, 'removed');
    await hands.query('INSERT INTO secret_versions SELECT * FROM aside');
    const destroyed = (await versions(w.admin, 'removed')).filter(({ destroyedAt }) => destroyedAt !== null);
    expect(destroyed.map(({ number }) => number)).toEqual([4, 3, 2, 1]);
  });

  test('a rollback to a version that another gateway destroys fails, and the rollback to another version succeeds', async () => {
    const { value } = await w.secret('back');
    await warm(w, 'back');
    await warm(w, 'back');
    expect(codeOf(await destroyVersion(other.admin, 'back', 2))).toBe('DONE');
    expect(codeOf(await rollback(w.admin, 'back', 2))).toBe('CONFLICT');
    const { data } = await rollback(w.admin, 'back', 1);
    expect(data.rollbackSecret.secret.version).toBe(4);
    expect(await w.reveal(w.admin, 'back')).toBe(value);
  });
});

test('a PUT by REST stores a new value of a cached secret with one SQL statement, and creates a missing secret', async () => {
  const rest = restClient(w.url, w.admin.token);
  const put = (value: string) =>
    rest.send('PUT', '/secrets/by-put', value, { headers: { 'content-type': 'text/plain' } });
  expect((await put(sentinel())).status).toBe(200);
  await warm(w, 'by-put');
  const before = w.database.statements();
  const value = sentinel();
  expect((await put(value)).status).toBe(200);
  expect(w.database.statements() - before).toBe(1);
  expect(await w.reveal(w.admin, 'by-put')).toBe(value);
});

test('rotations, tags, grants, deletions, purges and rewraps at the same time cause no deadlock and no gap in the audit log', async () => {
  const who = await w.user('mixed');
  const all = names('mixed', 4);
  for (const name of all) await w.secret(name);
  const gateways = [w, other];
  const answers: Answer[] = [];
  const tags = [{ key: 'mixed', value: '1' }];
  const change = async (i: number) => {
    const gateway = gateways[i % 2]!;
    const name = all[i % all.length]!;
    const { admin } = gateway;
    const grant = (field: string) =>
      admin.ask(`mutation ($i: PermissionInput!) { ${field}(input: $i) { permission { id } } }`, {
        i: { subjectId: who.id, target: i % 3 === 0 ? { tag: tags[0] } : { secret: name }, access: ['READ'] },
      });
    const kind = i % 11;
    if (kind === 0) answers.push(await tag(admin, name, tags));
    else if (kind === 1) answers.push(await untag(admin, name, tags));
    else if (kind === 2) answers.push(await grant('grantPermission'));
    else if (kind === 3) answers.push(await grant('revokePermission'));
    else if (kind === 4) answers.push(await remove(admin, name, { purge: i % 2 === 0 }));
    else if (kind === 5) answers.push(await create(admin, { name, value: sentinel() }));
    else answers.push(await rotate(admin, { name, value: sentinel() }));
  };
  await Promise.all([
    ...Array.from({ length: 8 }, async (_, lane) => {
      for (let i = 0; i < 14; i += 1) await change(lane * 7 + i);
    }),
    rewrap({ database: w.database, keyring: w.keyring }),
  ]);
  const codes = new Set(answers.map(codeOf));
  for (const code of codes) expect(['DONE', 'NOT_FOUND', 'NAME_TAKEN']).toContain(code);
}, 120_000);

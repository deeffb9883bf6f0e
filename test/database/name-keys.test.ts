// Names from before case-insensitive comparison.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clashingNames, fillNameKeys, isFilled } from '../../src/database/name-keys.ts';
import { hashPassword } from '../../src/identity/passwords.ts';
import { outsideId } from '../../src/primitives/ids.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { type Client, type TestApp, testApp } from '../support/app.ts';
import { freshDatabase } from '../support/database.ts';
import { type RestClient, restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';

const MIGRATIONS = join(import.meta.dirname, '../../prisma/migrations');
const KEYED = '20261130200000_name_keys';
const uuid = (i: number) => `01900000-0000-7000-8000-0000000000${String(i).padStart(2, '0')}`;
const [LOWER, UPPER, NFC, NFD, HIDDEN, GONE, ALONE] = [1, 2, 3, 4, 5, 6, 7].map(uuid) as [
  string,
  ...string[],
] as string[];
const [OPS, OPS_TOO] = [uuid(11), uuid(12)];
const password = sentinel('password');

let fresh: Awaited<ReturnType<typeof freshDatabase>>;
let client: pg.Client;
let invisible: unknown;
let app: TestApp;
let admin: Client;
let rest: RestClient;

beforeAll(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
  client = new pg.Client({ connectionString: fresh.url });
  await client.connect();
  const run = (name: string) => client.query(readFileSync(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
  const names = readdirSync(MIGRATIONS, { withFileTypes: true }).flatMap((one) => (one.isDirectory() ? one.name : []));
  for (const name of names.sort().filter((one) => one < KEYED)) await run(name);
  const hash = await hashPassword(new Sensitive(password));
  const users: [string | undefined, string][] = [
    [LOWER, 'admin'],
    [UPPER, 'Admin'],
    [NFC, 'jos\u00e9'],
    [NFD, 'jose\u0301'],
    [HIDDEN, 'admins\u200b'],
    [ALONE, 'Alone'],
  ];
  for (const [id, username] of users)
    await client.query(
      `INSERT INTO users (id, username, name, password_hash, created_at) VALUES ($1, $2, $2, $3, '2026-01-01'::timestamptz)`,
      [id, username, hash],
    );
  await client.query(
    `INSERT INTO users (id, username, name, active, created_at, deleted_at) VALUES ($1, 'ALONE', 'x', false, now(), now())`,
    [GONE],
  );
  await client.query(
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from) VALUES (gen_random_uuid(), 'USER', $1, 'ADMIN', now())`,
    [LOWER],
  );
  await client.query(`INSERT INTO groups (id, name, created_at) VALUES ($1, 'Ops', now()), ($2, 'ops', now())`, [
    OPS,
    OPS_TOO,
  ]);
  for (const name of names.sort().filter((one) => one >= KEYED)) await run(name);
});
afterAll(async () => {
  await app?.close();
  await client.end();
  await fresh.drop();
});

describe('a database with names that clash', () => {
  test('the database refuses a row without a name key, even before old rows have theirs', async () => {
    expect(await isFilled(client)).toBe(false);
    for (const table of [
      'users (id, username, name, created_at) VALUES (gen_random_uuid(), $1, $1, now())',
      'groups (id, name, created_at) VALUES (gen_random_uuid(), $1, now())',
    ])
      await expect(client.query(`INSERT INTO ${table}`, ['new'])).rejects.toMatchObject({ code: '23514' });
  });

  test('the migration keys every name at once, renames nobody, and logs names with invisible characters', async () => {
    const before = (await client.query('SELECT id, username FROM users ORDER BY id')).rows;
    invisible = await fillNameKeys(client);
    expect(invisible).toEqual([{ table: 'users', id: HIDDEN }]);
    expect((await client.query('SELECT id, username FROM users ORDER BY id')).rows).toEqual(before);
    expect((await client.query('SELECT id, name_key AS key, key_clash AS clash FROM users ORDER BY id')).rows).toEqual([
      { id: LOWER, key: 'admin', clash: 1 },
      { id: UPPER, key: 'admin', clash: 2 },
      { id: NFC, key: 'jos\u00e9', clash: 1 },
      { id: NFD, key: 'jos\u00e9', clash: 2 },
      { id: HIDDEN, key: 'admins\u200b', clash: 0 },
      { id: GONE, key: 'alone', clash: 0 },
      { id: ALONE, key: 'alone', clash: 0 },
    ]);
    expect(await isFilled(client)).toBe(true);
    expect(await fillNameKeys(client)).toEqual([]);
  });

  test('the gateway serves a database with clashing names, and each user signs in under the exact spelling', async () => {
    app = await testApp({ databaseUrl: fresh.url, adminPassword: password });
    expect((await clashingNames(app.database)).map(({ ids }) => ids)).toEqual(
      expect.arrayContaining([
        [LOWER, UPPER],
        [NFC, NFD],
        [OPS, OPS_TOO],
      ]),
    );
    const signedInAs = async (username: string) => {
      const { viewer } = await (await app.signIn(username, password)).get('{ viewer { id } }');
      return viewer.id;
    };
    for (const [id, username] of [
      [LOWER, 'admin'],
      [UPPER, 'Admin'],
      [NFC, 'jos\u00e9'],
      [NFD, 'jose\u0301'],
      [HIDDEN, 'admins\u200b'],
      [ALONE, 'ALONE'],
    ] as const)
      expect(await signedInAs(username)).toBe(outsideId('USER', id ?? ''));
    admin = await app.signIn('admin', password);
    rest = restClient(app.url, admin.token);
  });

  test('a lookup of a user or a group by name uses an index', async () => {
    await client.query('SET enable_seqscan = off');
    for (const table of ['users', 'groups']) {
      const { rows } = await client.query(
        `EXPLAIN SELECT id FROM ${table} WHERE name_key = ANY($1::text[]) AND deleted_at IS NULL`,
        [['a', 'b']],
      );
      expect(JSON.stringify(rows)).toContain(`${table}_key_live`);
    }
  });

  test('no user signs in by a third spelling of two clashing names', async () => {
    for (const username of ['ADMIN', 'aDMIN', 'Jos\u00e9', 'Jose\u0301']) {
      const { code } = await app.anonymous.ask(
        'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { expiresAt } }',
        { u: username, p: password },
      );
      expect(code).toBe('UNAUTHENTICATED');
    }
  });

  test('GraphQL and REST refuse a third name that clashes', async () => {
    const { code } = await admin.ask(
      'mutation { createUser(input: { username: "ADMIN", name: "x" }) { user { id } } }',
    );
    expect(code).toBe('NAME_TAKEN');
    const put = await rest.send('PUT', '/users/ADMIN', { name: 'x' });
    expect([put.status, put.json.code]).toEqual([409, 'NAME_TAKEN']);
    const group = await rest.send('PUT', '/groups/OPS', { description: 'x' });
    expect([group.status, group.json.code]).toEqual([409, 'NAME_TAKEN']);
    const created = await admin.ask('mutation { createGroup(input: { name: "OPS" }) { group { id } } }');
    expect(created.code).toBe('NAME_TAKEN');
  });

  test('a failed sign-in under one of two clashing names does not count for the other', async () => {
    const upper = restClient(app.url, (await app.signIn('Admin', password)).token);
    expect((await upper.send('GET', '/users/Admin/checkPermissions?type=TAG&id=a:b')).status).toBe(200);
    for (const other of ['admin', 'ADMIN'])
      expect((await upper.send('GET', `/users/${other}/checkPermissions?type=TAG&id=a:b`)).status).toBe(403);
    expect((await rest.send('GET', '/users/ADMIN')).status).toBe(404);
    expect((await rest.send('GET', '/users/Admin')).json.id).toBe('Admin');
  });

  test('members join the group with the exact spelling, and both clashing groups are listed', async () => {
    expect((await rest.send('POST', '/groups/ops/users/Admin')).status).toBe(200);
    const membersOf = async (group: string) =>
      (await rest.send('GET', `/groups/${group}/users`)).json.map(({ id }: { id: string }) => id);
    expect([await membersOf('ops'), await membersOf('Ops')]).toEqual([['Admin'], []]);
    expect((await rest.send('POST', '/groups/OPS/users/Admin')).status).toBe(404);
    expect((await rest.send('POST', '/groups/ops/users/ADMIN')).status).toBe(404);
    const { groups } = await admin.get('{ groups(nameContains: "OPS") { nodes { name } } }');
    expect(groups.nodes).toEqual([{ name: 'Ops' }, { name: 'ops' }]);
  });

  test('a clash ends when one of the two names is renamed or deleted', async () => {
    const rename = (name: string) =>
      admin.ask('mutation ($i: ID!, $n: String!) { updateGroup(input: { id: $i, name: $n }) { group { name } } }', {
        i: outsideId('GROUP', OPS_TOO),
        n: name,
      });
    expect((await rename('ops')).errors).toEqual([]);
    expect((await rename('OPS')).code).toBe('NAME_TAKEN');
    expect((await rename('Night shift')).errors).toEqual([]);
    expect((await rest.send('GET', '/groups/OPS')).json.id).toBe('Ops');
    expect((await rest.send('PUT', '/groups/NIGHT%20%20SHIFT', { description: 'x' })).json.id).toBe('Night shift');
    expect((await rest.send('DELETE', '/users/jose%CC%81')).status).toBe(200);
    expect((await rest.send('GET', '/users/JOS%C3%89')).json.id).toBe('jos\u00e9');
    expect((await rest.send('PUT', '/users/Jose%CC%81', { name: 'x' })).json.id).toBe('jos\u00e9');
    const ids = (await clashingNames(app.database)).map((clash) => clash.ids);
    expect(ids).toEqual([[LOWER, UPPER]]);
  });

  test('a user or group whose old name has an invisible character can be renamed, changed and deleted', async () => {
    const hidden = encodeURIComponent('admins\u200b');
    expect((await rest.send('PUT', `/users/${hidden}`, { name: 'x' })).status).toBe(200);
    expect((await rest.send('GET', '/users/admins')).status).toBe(404);
    expect((await rest.send('PUT', '/users/admins', { name: 'x' })).json.id).toBe('admins');
    expect((await rest.send('DELETE', `/users/${hidden}`)).status).toBe(200);
    expect((await rest.send('PUT', `/users/${hidden}`, { name: 'x' })).json.code).toBe('BAD_USER_INPUT');
  });
});

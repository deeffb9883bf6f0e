// SECURITY.md describes the changes that an attacker with write access to the database can make. Each test makes one
// of these changes by SQL as a superuser, without the keyring.
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { operatorAudit } from '../../src/audit/operator.ts';
import { type Opening, openEveryValue, type Unopened } from '../../src/audit/value-opening.ts';
import { Unavailable } from '../../src/errors.ts';
import { publicJwk } from '../../src/identity/jwt.ts';
import { newId, toUuid } from '../../src/primitives/ids.ts';
import { secretValues } from '../../src/secrets/secret-values.ts';
import { Sensitive } from '../../src/sensitive.ts';
import { signIn } from '../access/asking.ts';
import { destroyVersion, remove, rotate, update } from '../secrets/operations.ts';
import { restClient } from '../support/rest.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type SomeSecret, type SomeUser, type World, world } from '../support/world.ts';
import { eventsOf } from './events.ts';
import { type Hands, handsIn } from './tampering.ts';

let w: World;
let hands: Hands;
let ann: SomeUser;
let bob: SomeUser;
let pay: SomeApplication;
let ops: string;
let db: SomeSecret;
let api: SomeSecret;
let gone: SomeSecret;

const uuid = (id: string) => toUuid(id, 'USER', 'GROUP', 'APPLICATION', 'SECRET', 'PERMISSION', 'ACCESS_KEY')!;
const verify = async () =>
  (await w.admin.get('mutation { verifyAuditLog { intact problem } }')).verifyAuditLog as {
    intact: boolean;
    problem: string | null;
  };

beforeAll(async () => {
  w = await world();
  ann = await w.user('ann', { roles: ['USER'] });
  bob = await w.user('bob', { roles: ['AUDITOR'] });
  pay = await w.application('pay', { roles: ['WORKER'] });
  await w.application('other');
  ops = await w.group('ops', [ann.id, pay.id], { roles: ['METADATA_MANAGER'] });
  db = await w.secret('db', { tags: ['env:prod'], expiresAt: '2199-01-01T00:00:00Z' });
  api = await w.secret('api', { tags: ['env:dev'] });
  await w.secret('hidden', { tags: ['env:secret'] });
  gone = await w.secret('gone');
  for (const name of ['db', 'api']) for (let i = 0; i < 2; i += 1) await rotate(w.admin, { name, value: sentinel() });
  await destroyVersion(w.admin, 'api', 1);
  await update(w.admin, { name: 'db', description: 'd' });
  await remove(w.admin, 'gone');
  await w.grant(ann.id, 'READ', 'env:dev');
  await w.grant(ops, ['READ', 'UPDATE'], 'db');
  await w.grant(pay.id, 'EXECUTE', 'api', { expiresAt: '2199-01-01T00:00:00Z' });
  hands = await handsIn(w.databaseUrl);
  await hands.keep();
});
afterEach(() => hands.putBack());
afterAll(async () => {
  await hands.end();
  await w.close();
});

test('verification of the audit log reports no fault after changes through the API, or after creation of the first administrator and the first signing key', async () => {
  expect(await verify()).toEqual({ intact: true, problem: null });
});

const HAND = 'gen_random_uuid()';
/** The name of the change, its SQL statement with parameters, and the id that the verification result must contain. */
const CHANGES: [what: string, statement: string, params: () => unknown[], named: () => string][] = [
  [
    'ADMIN was added to a user',
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from) VALUES (${HAND}, 'USER', $1, 'ADMIN', now())`,
    () => [uuid(ann.id)],
    () => ann.id,
  ],
  [
    'ADMIN was added to a group',
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from) VALUES (${HAND}, 'GROUP', $1, 'ADMIN', now())`,
    () => [uuid(ops)],
    () => ops,
  ],
  [
    'ADMIN was added to an application',
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from) VALUES (${HAND}, 'APPLICATION', $1, 'ADMIN', now())`,
    () => [uuid(pay.id)],
    () => pay.id,
  ],
  [
    'a role was changed to ADMIN',
    `UPDATE role_assignments SET role = 'ADMIN' WHERE subject_id = $1`,
    () => [uuid(ann.id)],
    () => ann.id,
  ],
  [
    'the role of another principal was moved to a user',
    `UPDATE role_assignments SET subject_id = $1 WHERE role = 'ADMIN'`,
    () => [uuid(ann.id)],
    () => ann.id,
  ],
  [
    'the row of a role was removed',
    `DELETE FROM role_assignments WHERE subject_id = $1`,
    () => [uuid(pay.id)],
    () => pay.id,
  ],
  [
    'a membership was added',
    `INSERT INTO group_members (id, group_id, member_kind, member_id, valid_from)
     SELECT ${HAND}, $1, 'USER', id, now() FROM users WHERE username = 'bob'`,
    () => [uuid(ops)],
    () => ops,
  ],
  [
    'a grant on a name was added',
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     VALUES ('01938a5c-0000-7000-8000-00000000000a', 'USER', $1, 'SECRET', 'hidden', '{READ}', now())`,
    () => [uuid(ann.id)],
    () => 'per_01938a5c00007000800000000000000a',
  ],
  [
    'a grant on a tag got more accesses',
    `UPDATE permissions SET access = '{READ,UPDATE}' WHERE target = 'env:dev'`,
    () => [],
    () => 'per_',
  ],
  [
    'a grant was moved to another tag',
    `UPDATE permissions SET target = 'env:secret' WHERE target = 'env:dev'`,
    () => [],
    () => 'per_',
  ],
  [
    'the expiry of a grant was removed',
    `UPDATE permissions SET expires_at = NULL WHERE subject_id = $1`,
    () => [uuid(pay.id)],
    () => 'per_',
  ],
  [
    'a revoked grant was restored',
    `INSERT INTO permissions SELECT gen_random_uuid(), subject_kind, subject_id, target_kind, 'env:secret', secret_id, access, expires_at, granted_by, valid_from
     FROM permissions WHERE target = 'env:dev'`,
    () => [],
    () => 'per_',
  ],
  [
    'a tag was added to a secret',
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from) VALUES (${HAND}, $1, 'db', 'env:dev', now())`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'a tag was removed from a secret',
    `UPDATE secret_tags SET valid_to = now() WHERE secret_id = $1`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'a password was replaced by a known password',
    `UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE username = 'ann') WHERE username = 'admin'`,
    () => [],
    () => 'usr_',
  ],
  [
    'two usernames were swapped',
    `UPDATE users SET username = 'x' WHERE username = 'ann'; UPDATE users SET username = 'ann' WHERE username = 'bob'; UPDATE users SET username = 'bob' WHERE username = 'x'`,
    () => [],
    () => 'usr_',
  ],
  ['a user deactivated', `UPDATE users SET active = false WHERE username = 'bob'`, () => [], () => 'usr_'],
  [
    'revoked tokens were made valid again',
    `UPDATE users SET token_generation = token_generation - 1 WHERE id = $1`,
    () => [uuid(ann.id)],
    () => ann.id,
  ],
  [
    'a user was added',
    `INSERT INTO users (id, username, name_key, name, password_hash, created_at) SELECT '01938a5c-0000-7000-8000-00000000000b', 'eve', 'eve', 'eve', password_hash, now() FROM users WHERE username = 'ann'`,
    () => [],
    () => 'usr_01938a5c00007000800000000000000b',
  ],
  ['a group named like another one', `UPDATE groups SET name = 'admins' WHERE id = $1`, () => [uuid(ops)], () => ops],
  [
    'the comparison forms of two usernames were swapped',
    `UPDATE users SET name_key = 'x' WHERE username = 'ann'; UPDATE users SET name_key = 'ann' WHERE username = 'bob'; UPDATE users SET name_key = 'bob' WHERE username = 'ann'`,
    () => [],
    () => 'usr_',
  ],
  [
    'the comparison form of a group name was changed',
    `UPDATE groups SET name_key = 'admins' WHERE id = $1`,
    () => [uuid(ops)],
    () => ops,
  ],
  [
    'a grant got another grantor, who may then revoke the grant',
    `UPDATE permissions SET granted_by = $1 WHERE target = 'env:dev'`,
    () => [uuid(ann.id)],
    () => 'per_',
  ],
  [
    'the grantor of a grant was removed',
    `UPDATE permissions SET granted_by = NULL WHERE target = 'env:dev'`,
    () => [],
    () => 'per_',
  ],
  [
    'a tag got another author, who may then remove the tag',
    `UPDATE secret_tags SET tagged_by = $2 WHERE secret_id = $1`,
    () => [uuid(db.id), uuid(ann.id)],
    () => db.id,
  ],
  [
    'a tag that an administrator added got another author',
    `UPDATE secret_tags SET tagged_by_admin = false WHERE secret_id = $1`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'a secret got another creator',
    `UPDATE secrets SET created_by = $2 WHERE id = $1`,
    () => [uuid(db.id), uuid(ann.id)],
    () => db.id,
  ],
  [
    'an application got another creator',
    `UPDATE applications SET created_by = $2 WHERE id = $1`,
    () => [uuid(pay.id), uuid(ann.id)],
    () => pay.id,
  ],
  [
    'an access key was moved to another application',
    `UPDATE access_keys SET application_id = (SELECT id FROM applications WHERE name = 'other') WHERE application_id = $1`,
    () => [uuid(pay.id)],
    () => pay.keyId,
  ],
  [
    "an access key's secret replaced by that of another key",
    `UPDATE access_keys SET secret_hash = (SELECT secret_hash FROM access_keys k JOIN applications a ON a.id = k.application_id WHERE a.name = 'other')
     WHERE application_id = $1`,
    () => [uuid(pay.id)],
    () => pay.keyId,
  ],
  [
    'the expiry of an access key was changed',
    `UPDATE access_keys SET expires_at = now() WHERE application_id = $1`,
    () => [uuid(pay.id)],
    () => pay.keyId,
  ],
  [
    'the names of two secrets were swapped',
    `UPDATE secrets SET name = 'x' WHERE name = 'db'; UPDATE secrets SET name = 'db' WHERE name = 'api'; UPDATE secrets SET name = 'api' WHERE name = 'x'`,
    () => [],
    () => 'sec_',
  ],
  [
    'a secret without a value was renamed',
    `UPDATE secrets SET name = 'renamed' WHERE id = $1`,
    () => [uuid(gone.id)],
    () => gone.id,
  ],
  ['an expiry moved', `UPDATE secrets SET expires_at = '2200-01-01Z' WHERE id = $1`, () => [uuid(db.id)], () => db.id],
  [
    'the deletion time of a secret was changed',
    `UPDATE secrets SET deleted_at = deleted_at + interval '29 days' WHERE id = $1`,
    () => [uuid(gone.id)],
    () => gone.id,
  ],
  [
    'a secret was marked as deleted',
    `UPDATE secrets SET deleted_at = now() WHERE id = $1`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'a secret was marked as purged',
    `UPDATE secrets SET purged_at = now() WHERE id = $1`,
    () => [uuid(gone.id)],
    () => gone.id,
  ],
  [
    'the wrapped data key of a current version was changed',
    `UPDATE secret_versions SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1) WHERE secret_id = $1 AND number = 3`,
    () => [uuid(db.id)],
    () => `${db.id}: the data key of version 3`,
  ],
  [
    'the wrapped data key of an earlier version was changed',
    `UPDATE secret_versions SET wrapped_key = set_byte(wrapped_key, 20, get_byte(wrapped_key, 20) # 1) WHERE secret_id = $1 AND number = 2`,
    () => [uuid(api.id)],
    () => `${api.id}: the data key of version 2`,
  ],
  [
    'a version got the id of an encryption key that the keyring lacks',
    `UPDATE secret_versions SET key_id = 'k_0000000000000000' WHERE secret_id = $1 AND number = 2`,
    () => [uuid(api.id)],
    () => 'k_0000000000000000',
  ],
  [
    'an earlier version was removed',
    `DELETE FROM secret_versions WHERE secret_id = $1 AND number = 1`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'the sealed value of an earlier version was changed',
    `UPDATE secret_versions SET ciphertext = ciphertext || '\\x00' WHERE secret_id = $1 AND number = 1`,
    () => [uuid(db.id)],
    () => `Version 1 of secret ${db.id}`,
  ],
  [
    'an earlier version was destroyed',
    `UPDATE secret_versions SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = now() WHERE secret_id = $1 AND number = 1`,
    () => [uuid(db.id)],
    () => db.id,
  ],
  [
    'a signing key was added',
    `INSERT INTO signing_keys (id, public_jwk, ciphertext, wrapped_key, key_id, mac, created_at)
     SELECT $1, $2, ciphertext, wrapped_key, key_id, mac, now() FROM signing_keys`,
    () => [forged.kid, forged],
    () => forged.kid,
  ],
  [
    'the times of a signing key were changed',
    `UPDATE signing_keys SET retired_at = now()`,
    () => [],
    () => 'Signing key',
  ],
  ['the row of a signing key was removed', `DELETE FROM signing_keys`, () => [], () => 'SIGNING_KEY_ROTATE'],
];
const forged = publicJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey);

describe('a change that bypasses the gateway', () => {
  test.each(CHANGES)(
    'verification of the audit log detects and names this change by SQL: %s',
    async (_, statement, params, named) => {
      expect(await hands.do(statement, params())).toBeGreaterThan(0);
      const { intact, problem } = await verify();
      expect(intact).toBe(false);
      expect(problem).toContain(named());
    },
  );
});

test('if SQL replaces the name key of a user or group by the name key of another user or group, a lookup by name finds neither object', async () => {
  await hands.do(
    `UPDATE users SET name_key = 'x' WHERE username = 'ann'; UPDATE users SET name_key = 'ann' WHERE username = 'bob'; UPDATE users SET name_key = 'bob' WHERE username = 'ann'; UPDATE groups SET name_key = 'admins' WHERE name = 'ops'`,
  );
  const found = await w.admin.get('{ user(username: "ann") { id } group(name: "admins") { id } }');
  expect(found).toEqual({ user: null, group: null });
  expect((await signIn(w.anonymous, 'ann', bob.password)).code).toBe('UNAUTHENTICATED');
  const rest = restClient(w.url, w.admin.token);
  const grant = (type: string, id: string) =>
    rest.send('POST', '/auth/authorization', {
      subject: { type, id },
      target: { type: 'SECRET_NAME', id: 'api' },
      access: ['READ'],
    });
  await w.group('new', []);
  const asked = [
    await grant('USER', 'ann'),
    await grant('GROUP', 'admins'),
    await rest.send('POST', '/groups/new/users/ann'),
    await rest.send('POST', '/groups/admins/users/admin'),
    await rest.send('GET', '/users/ann/permissions'),
    await rest.send('DELETE', '/users/ann'),
    await rest.send('DELETE', '/groups/admins'),
  ];
  expect(asked.map(({ json }) => json.code)).toEqual(asked.map(() => 'NOT_FOUND'));
});

test('verification detects many changes at once, names at most 100 of them, and prints no secret value or hash', async () => {
  await hands.do(`UPDATE users SET password_hash = 'x' || password_hash WHERE password_hash IS NOT NULL`);
  await hands.do(`INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from)
    SELECT gen_random_uuid(), 'USER', gen_random_uuid(), 'ADMIN', now() FROM generate_series(1, 3000)`);
  const { problems } = (await w.admin.get('mutation { verifyAuditLog { problems } }')).verifyAuditLog;
  expect(problems).toHaveLength(100);
  for (const problem of problems) expect(problem).toMatch(/: no audit event recorded this state\.$/);
  expect(problems.join()).not.toContain('argon2');
});

describe('verification that decrypts every stored secret value', () => {
  const audit = () => operatorAudit({ stream: w.stream, clock: w.clock });
  const open = async (after: string | null = null) => {
    const unopened: Unopened[] = [];
    const progress: Opening[] = [];
    const needs = { database: w.database, keyring: w.keyring, audit: audit() };
    const end = await openEveryValue(needs, after, {
      onProgress: (state) => progress.push({ ...state }),
      onUnopened: (version) => unopened.push(version),
    });
    return { unopened, progress, end };
  };

  test('a verification of values decrypts every stored value, including deleted secrets and earlier versions, and records an audit event before and after', async () => {
    const { unopened, end } = await open();
    // The secret `db` has three versions, the secret `api` has two, and the secrets `hidden` and `gone` have one version each.
    expect([unopened, end.tried]).toEqual([[], 7]);
    const [after, before] = await eventsOf(w.admin, { actions: ['AUDIT_VERIFY'] });
    expect(before?.changes).toEqual({ values: { after: null, versions: 7 } });
    expect(after?.changes).toEqual({ values: { after: null, opened: 7, unopenable: 0 } });
  });

  test('a verification of values reports every stored value that cannot be decrypted, with its secret, version and encryption key', async () => {
    const flip = (column: string) => `${column} = set_byte(${column}, 20, get_byte(${column}, 20) # 1)`;
    await hands.do(`UPDATE secret_versions SET ${flip('ciphertext')} WHERE secret_id = $1 AND number = 1`, [
      uuid(db.id),
    ]);
    await hands.do(`UPDATE secret_versions SET ${flip('wrapped_key')} WHERE secret_id = $1 AND number = 3`, [
      uuid(api.id),
    ]);
    await hands.do(`UPDATE secret_versions SET key_id = 'k_0000000000000000' WHERE secret_id = $1`, [uuid(gone.id)]);
    const { unopened, end } = await open();
    const keyId = w.keyring.current();
    expect(unopened).toEqual([
      { secretId: db.id, version: 1, reason: 'ALTERED', keyId },
      { secretId: api.id, version: 3, reason: 'ALTERED', keyId },
      { secretId: gone.id, version: 1, reason: 'MISSING_KEY', keyId: 'k_0000000000000000' },
    ]);
    expect([end.tried, end.unopened]).toEqual([7, 3]);
  });

  test('a verification of values that starts after a specific secret decrypts only the stored values after this secret', async () => {
    const { end } = await open(db.id);
    expect(end).toEqual({ tried: 4, unopened: 0, through: gone.id });
    expect((await open(end.through)).end.tried).toBe(0);
  });

  test('a verification of values decrypts each stored value of many pages once, and can resume from every position that it reported', async () => {
    const secrets = Array.from({ length: 60 }, (_, i) => ({ id: newId(), name: `paged_${i}` }));
    const values = secretValues(w.keyring);
    const sealed = secrets.map((secret) => values.seal(secret, 1, new Sensitive(sentinel())));
    await w.database.query(
      `WITH made AS (INSERT INTO secrets (id, name, current_version, created_at, updated_at)
         SELECT id, name, 1, now(), now() FROM unnest($1::uuid[], $2::text[]) n(id, name))
       INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at)
       SELECT id, 1, ciphertext, wrapped_key, key_id, now() FROM unnest($1::uuid[], $3::bytea[], $4::bytea[], $5::text[]) n(id, ciphertext, wrapped_key, key_id)`,
      [
        secrets.map(({ id }) => id),
        secrets.map(({ name }) => name),
        sealed.map(({ ciphertext }) => ciphertext),
        sealed.map(({ wrappedKey }) => wrappedKey),
        sealed.map(({ keyId }) => keyId),
      ],
    );
    const { progress, end } = await open();
    expect([progress.length, end.tried]).toEqual([2, 67]);
    const [first] = progress;
    const rest = await open(first!.through);
    // The last secret of a page may have more versions on the next page. Therefore the next page decrypts values of
    // this secret again.
    expect(first!.tried - 1 + rest.end.tried).toBe(67);
  });

  test('if the gateway cannot record the audit event of a verification of values, the verification decrypts no stored value', async () => {
    const refusing = { ...audit(), record: () => Promise.reject(new Unavailable(new Error('no log'))) };
    const opened = vi.fn();
    const needs = { database: w.database, keyring: { ...w.keyring, unwrap: opened }, audit: refusing };
    const steps = { onProgress: opened, onUnopened: opened };
    await expect(openEveryValue(needs, null, steps)).rejects.toBeInstanceOf(Unavailable);
    expect(opened).not.toHaveBeenCalled();
  });
});

test('verification detects that SQL changed the row states that an audit event records', async () => {
  const facts = `facts || '+${'A'.repeat(22)}'`;
  expect(
    await hands.do(`UPDATE audit_events SET facts = ${facts} WHERE facts IS NOT NULL AND action = 'USER_CREATE'`),
  ).toBeGreaterThan(0);
  expect((await verify()).problem).toContain('does not match its hash');
  await hands.putBack();
  await hands.do(`UPDATE audit_events SET facts = NULL WHERE action = 'USER_CREATE'`);
  expect((await verify()).problem).toContain('does not match its hash');
});

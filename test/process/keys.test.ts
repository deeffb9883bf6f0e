import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { type Keyring, keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import { describeKeys, openKeyringFile } from '../../src/crypto/keyring-file.ts';
import { openValue, type SealedValue, sealValue } from '../../src/crypto/sealed-value.ts';
import { newId } from '../../src/primitives/ids.ts';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  caller,
  cleanUp,
  createSecret,
  type GatewayProcess,
  REVEAL,
  ROTATE,
  reveal,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { remember, sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const password = sentinel('password');

afterAll(cleanUp);

/** Writes secrets with one version each directly to the database. Their number exceeds the size of one batch. */
async function seed(database: pg.Client, keyring: Keyring, count: number): Promise<{ id: string; name: string }[]> {
  const secrets = Array.from({ length: count }, (_, i) => ({ id: newId(), name: `seeded_${i}` }));
  const sealed = secrets.map(({ id, name }) =>
    sealValue(keyring, { kind: 'secret-version', secretId: id, version: 1, name }, Buffer.from(`value of ${name}`)),
  );
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at)
     SELECT id, name, 1, now(), now() FROM unnest($1::uuid[], $2::text[]) AS s(id, name)`,
    [secrets.map(({ id }) => id), secrets.map(({ name }) => name)],
  );
  await database.query(
    `INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at)
     SELECT id, 1, ciphertext, wrapped_key, key_id, now()
     FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::text[]) AS v(id, ciphertext, wrapped_key, key_id)`,
    [
      secrets.map(({ id }) => id),
      sealed.map(({ ciphertext }) => ciphertext),
      sealed.map(({ wrappedKey }) => wrappedKey),
      sealed.map(({ keyId }) => keyId),
    ],
  );
  return secrets;
}

/** Returns the number of versions that each encryption key encrypts. */
async function versionsByKey(database: pg.Client): Promise<Record<string, number>> {
  const { rows } = await database.query('SELECT key_id, count(*)::int AS n FROM secret_versions GROUP BY key_id');
  return Object.fromEntries(rows.map(({ key_id, n }) => [key_id, n]));
}

/** The rows that `keys list` prints: id, created, versions, signing keys, audit keys, access keys, note. */
async function list(settings: Settings): Promise<{ code: number | string; keys: string[][] }> {
  const { code, out } = await command(['keys', 'list'], settings);
  return {
    code,
    keys: out
      .split('\n')
      .filter((line) => line.startsWith('k_'))
      .map((line) => line.split(/ {2,}/)),
  };
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/**
 * Changes the date of the current encryption key, so that a different encryption key can be removed without waiting.
 */
async function age(file: string): Promise<void> {
  const keyring = JSON.parse(await readFile(file, 'utf8'));
  keyring.keys[0].createdAt = '2020-01-01T00:00:00.000Z';
  await writeFile(file, JSON.stringify(keyring));
}

describe('rotation of a keyring file while clients send requests', () => {
  let settings: Settings;
  let file: string;
  let gateway: GatewayProcess;
  let url: string;
  let admin: Caller;
  let database: pg.Client;
  let drop: (() => Promise<void>) | undefined;

  beforeEach(async () => {
    const fresh = await freshDatabase(inject('databaseUrl'));
    drop = fresh.drop;
    const dataDir = await temporaryDir();
    file = join(dataDir, 'keyring.json');
    settings = { DATA_DIR: dataDir, DATABASE_URL: fresh.url };
    gateway = startGateway({ ...settings, ADMIN_PASSWORD: password });
    url = await gateway.ready();
    admin = await signedIn(url, password);
    database = await connected(fresh.url);
  });
  afterEach(async () => {
    for (const { key } of JSON.parse(await readFile(file, 'utf8')).keys) remember(key);
    await database.end();
    await cleanUp();
    await drop?.();
  });

  test('during a rotation of encryption keys, every value is readable; afterwards the new key encrypts all data keys, and the old key can be removed', async () => {
    const [old = ''] = describeKeys(file).map(({ id }) => id);
    const seeded = await seed(database, openKeyringFile(file), 1_200);
    const { createApplication } = await admin.get(
      'mutation { createApplication(input: { name: "app" }) { application { id } } }',
    );
    const { createAccessKey } = await admin.get(
      'mutation ($a: ID!) { createAccessKey(applicationId: $a) { accessKey { id } secret } }',
      { a: createApplication.application.id },
    );
    remember(createAccessKey.secret);
    const signInApplication = () =>
      caller(url).get(
        'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { principal { name } } }',
        { k: createAccessKey.accessKey.id, s: createAccessKey.secret },
      );

    // During the rotation, three clients rotate and reveal secrets, and one client reveals a secret that does not
    // change.
    let over = false;
    const wrong: string[] = [];
    let reveals = 0;
    const see = async (name: string, value: string, version?: number) => {
      reveals += 1;
      const seen = await reveal(admin, name, version).catch((error: Error) => error.message);
      if (seen !== value) wrong.push(`${name} ${version ?? ''}: ${seen}`);
    };
    const writers = ['first', 'second', 'third'].map(async (name) => {
      const values = [sentinel()];
      await createSecret(admin, name, values[0] ?? '');
      while (!over) {
        const value = sentinel();
        await admin.get(ROTATE, { i: { name, value } });
        values.push(value);
        await see(name, value);
        await see(name, values.at(-2) ?? '', values.length - 1);
      }
      return { name, values };
    });
    const reader = (async () => {
      for (let i = 0; !over; i = (i + 7) % seeded.length) await see(`seeded_${i}`, `value of seeded_${i}`);
    })();

    await until(() => reveals > 8);
    const rotated = await command(['keys', 'rotate'], settings);
    const soFar = reveals;
    await until(() => reveals > soFar + 8);
    over = true;
    const written = await Promise.all(writers);
    await reader;
    expect(wrong).toEqual([]);
    expect(rotated.code, rotated.said).toBe(0);
    expect(rotated.said).toContain('100 %');

    const current = describeKeys(file)[0]?.id ?? '';
    expect(current).not.toBe(old);
    // If a write was running when the gateway loaded the new encryption key, it may have used the old encryption key.
    expect((await command(['keys', 'rewrap'], settings)).code).toBe(0);
    const versions = 1_200 + written.reduce((sum, { values }) => sum + Math.min(20, values.length), 0);
    const count = versions.toLocaleString('en-US');
    expect((await list(settings)).keys.map(([id, , ...counts]) => [id, ...counts])).toEqual([
      [current, count, '1', '1', '0', 'current'],
      [old, '0', '0', '0', '1'],
    ]);

    const hindered = await command(['keys', 'remove', old], settings);
    expect(hindered.code).toBe(6);
    expect(hindered.said).toContain(createAccessKey.accessKey.id);
    expect(hindered.said).toContain('next sign-in');
    await signInApplication();
    await age(file);
    expect(await command(['keys', 'remove', old], settings)).toMatchObject({ code: 0 });
    expect(describeKeys(file).map(({ id }) => id)).toEqual([current]);

    for (const { name, values } of written) await see(name, values.at(-1) ?? '');
    for (const i of [0, 600, 1_199]) await see(`seeded_${i}`, `value of seeded_${i}`);
    expect(wrong).toEqual([]);
    await signInApplication();
    await signedIn(url, password);

    const query =
      '{ auditEvents(filter: { actions: [KEYRING_ROTATE] }) { nodes { outcome actor { kind } subject { kind id } changes } } }';
    const { nodes } = (await admin.get(query)).auditEvents;
    const described = nodes.map(
      (event: { outcome: string; subject: { id: string }; changes: Record<string, unknown> }) => [
        event.outcome,
        event.subject.id,
        ...Object.keys(event.changes),
      ],
    );
    expect(described.slice(0, 2)).toEqual([
      ['DONE', old, 'removed'],
      ['FAILED', old, 'code'],
    ]);
    expect(described.slice(-2)).toEqual([
      ['DONE', current, 'rewrapped'],
      ['DONE', current, 'added'],
    ]);
    expect(nodes.every((event: { actor: { kind: string } }) => event.actor.kind === 'OPERATOR')).toBe(true);
  });

  test('if a rotation of encryption keys is killed during a batch, rewrap completes the rotation, and every value can be decrypted', async () => {
    const seeded = await seed(database, openKeyringFile(file), 1_200);
    const [old = ''] = describeKeys(file).map(({ id }) => id);
    // The test data contains ids of the same millisecond. The order of these ids is random.
    const last = seeded.toSorted((a, b) => (a.id < b.id ? 1 : -1))[0];
    // The test holds a lock, so that the batch with the last row has to wait.
    await database.query('SELECT pg_advisory_lock(4713)');
    await database.query(`CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4713); RETURN NEW; END $$`);
    await database.query(`CREATE TRIGGER wait_here BEFORE UPDATE ON secret_versions FOR EACH ROW
      WHEN (NEW.secret_id = '${last?.id}') EXECUTE FUNCTION wait_here()`);
    const rotation = startGateway(settings, { args: ['keys', 'rotate'] });
    await until(async () => (await versionsByKey(database))[old] === 200);
    expect(await rotation.end('SIGKILL')).toBe('SIGKILL');
    const current = describeKeys(file)[0]?.id ?? '';
    expect(await versionsByKey(database)).toEqual({ [current]: 1_000, [old]: 200 });
    expect(await reveal(admin, last?.name ?? '')).toBe(`value of ${last?.name}`);
    expect(await reveal(admin, 'seeded_0')).toBe('value of seeded_0');

    await database.query('SELECT pg_advisory_unlock(4713)');
    await database.query('DROP TRIGGER wait_here ON secret_versions');
    expect(await command(['keys', 'rewrap'], settings)).toMatchObject({ code: 0 });
    expect(await versionsByKey(database)).toEqual({ [current]: 1_200 });
    const keyring = openKeyringFile(file);
    const { rows } = await database.query<SealedValue & { id: string; name: string }>(
      `SELECT s.id, s.name, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"
       FROM secret_versions v JOIN secrets s ON s.id = v.secret_id`,
    );
    for (const { id, name, ...sealed } of rows) {
      const value = openValue(keyring, { kind: 'secret-version', secretId: id, version: 1, name }, sealed);
      expect(value.toString()).toBe(`value of ${name}`);
    }
    expect(await command(['keys', 'rewrap'], settings)).toMatchObject({ code: 0 });
  });

  test('rewrap reports versions that cannot be decrypted, leaves these versions unchanged, and preserves their encryption key', async () => {
    const [old = ''] = describeKeys(file).map(({ id }) => id);
    await seed(database, openKeyringFile(file), 3);
    const of = (name: string) => `secret_id = (SELECT id FROM secrets WHERE name = '${name}')`;
    await database.query(
      `UPDATE secret_versions SET wrapped_key = set_byte(wrapped_key, 30, get_byte(wrapped_key, 30) # 1) WHERE ${of('seeded_1')}`,
    );
    await database.query(`UPDATE secret_versions SET key_id = 'k_0123456789abcdef' WHERE ${of('seeded_2')}`);
    const before = await database.query(`SELECT * FROM secret_versions WHERE NOT ${of('seeded_0')} ORDER BY secret_id`);

    const { code, said } = await command(['keys', 'rotate'], settings);
    expect(code).toBe(1);
    expect(said).toContain('"seeded_1", version 1');
    expect(said).toContain('"seeded_2", version 1');
    expect(said).not.toContain('"seeded_0"');
    const after = await database.query(`SELECT * FROM secret_versions WHERE NOT ${of('seeded_0')} ORDER BY secret_id`);
    expect(after.rows).toEqual(before.rows);

    const { code: listed, keys } = await list(settings);
    expect(listed).toBe(1);
    expect(keys.map(([id, ...rest]) => [id, rest.at(-1)])).toEqual([
      [describeKeys(file)[0]?.id, 'current'],
      [old, '0'],
      ['k_0123456789abcdef', 'MISSING'],
    ]);
    expect(await command(['keys', 'remove', old], settings)).toMatchObject({ code: 6 });
    expect(await command(['keys', 'remove', describeKeys(file)[0]?.id ?? ''], settings)).toMatchObject({ code: 6 });
    expect(describeKeys(file)).toHaveLength(2);
  });
});

describe('encryption keys in the setting KEYRING', () => {
  const [first, second] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
  let settings: Settings;
  let database: pg.Client;
  let drop: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    remember(first);
    remember(second);
    const fresh = await freshDatabase(inject('databaseUrl'));
    drop = fresh.drop;
    settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: fresh.url };
    database = await connected(fresh.url);
    await seed(database, keyringFromEnvironment(first), 2);
  });
  afterAll(async () => {
    await database.end();
    await drop?.();
  });

  test('with the setting KEYRING, `keys rotate` prints instructions and a new encryption key, and changes nothing', async () => {
    const before = await versionsByKey(database);
    const answers = await Promise.all([1, 2].map(() => command(['keys', 'rotate'], { ...settings, KEYRING: first })));
    for (const { code, out, said } of answers) {
      expect(code).toBe(0);
      expect(keyringFromEnvironment(out.trim()).ids()).toHaveLength(1);
      expect(said).toContain('secrets-gateway keys rewrap');
    }
    expect(new Set([first, ...answers.map(({ out }) => out.trim())]).size).toBe(3);
    expect(await versionsByKey(database)).toEqual(before);
  });

  test('`keys rewrap` wraps all data keys with the first encryption key of KEYRING, and `keys remove` then reports that an encryption key is unused', async () => {
    const keyring = keyringFromEnvironment(`${second},${first}`);
    const [current = '', old = ''] = keyring.ids();
    const both = { ...settings, KEYRING: `${second},${first}` };
    expect(await command(['keys', 'remove', old], both)).toMatchObject({ code: 6 });
    expect(await command(['keys', 'rewrap'], both)).toMatchObject({ code: 0 });
    expect(await versionsByKey(database)).toEqual({ [current]: 2 });
    expect(await command(['keys', 'remove', old], both)).toMatchObject({ code: 0 });
    expect(await command(['keys', 'remove', 'k_0000000000000000'], both)).toMatchObject({ code: 5 });
    expect((await list({ ...settings, KEYRING: second })).code).toBe(0);
    expect(await command(['keys', 'list'], { ...settings, KEYRING: first })).toMatchObject({ code: 1, out: '' });
  });
});

test('keys commands succeed while a gateway with an embedded database runs, and while no gateway runs', async () => {
  const settings = { DATA_DIR: join(await temporaryDir(), 'data') };
  for (const args of [
    ['keys', 'list'],
    ['reset-password', 'admin'],
  ]) {
    expect((await command(args, settings)).code, 'nothing is there, and nothing is made').toBe(1);
  }
  const gateway = startGateway({ ...settings, ADMIN_PASSWORD: password });
  const admin = await signedIn(await gateway.ready(), password);
  const value = sentinel();
  await createSecret(admin, 'db', value);
  expect(await command(['keys', 'rotate'], settings)).toMatchObject({ code: 0 });
  expect((await admin.ask(REVEAL, { n: 'db' })).data.secret.value).toBe(value);
  expect(await gateway.end('SIGTERM')).toBe(0);
  const { code, keys } = await list(settings);
  expect(code).toBe(0);
  expect(keys.map(([, , ...counts]) => counts)).toEqual([
    ['1', '1', '1', '0', 'current'],
    ['0', '0', '0', '0'],
  ]);
  await cleanUp();
});

test.each([['keys'], ['keys', 'turn'], ['keys', 'list', 'all'], ['keys', 'remove'], ['keys', 'rotate', '--fast']])(
  'the command %s %s %s prints its usage',
  async (...args) => {
    expect(await command(args, {})).toMatchObject({ code: 2, out: '' });
  },
);

import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { captureId, findCaptured, storeCaptured } from '../../src/conductor/captured-store.ts';
import { type Keyring, keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import { openValue, type SealedValue, sealValue } from '../../src/crypto/sealed-value.ts';
import { isSigningKeyGenuine } from '../../src/crypto/signing-key-mac.ts';
import { connect, type Database } from '../../src/database/client.ts';
import { addSigningKey } from '../../src/identity/signing-keys.ts';
import { rewrap } from '../../src/keyring/rewrap.ts';
import { keyUsage } from '../../src/keyring/usage.ts';
import { newId } from '../../src/primitives/ids.ts';
import { freshDatabase } from '../support/database.ts';

const [first, second] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
const before = keyringFromEnvironment(first);
const keyring = keyringFromEnvironment(`${second},${first}`);
const secretId = newId();

let database: Database;
let drop: () => Promise<void>;
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  database = connect({ url: fresh.url, connections: 4 });
  await database.query(
    `INSERT INTO secrets (id, name, current_version, created_at, updated_at) VALUES ($1::uuid, 'db', 3, now(), now())`,
    [secretId],
  );
  for (const number of [1, 2, 3]) await write(number, before);
});
afterEach(async () => {
  await database.close();
  await drop();
});

async function write(version: number, under: Keyring): Promise<void> {
  const { ciphertext, wrappedKey, keyId } = sealValue(
    under,
    { kind: 'secret-version', secretId, version, name: 'db' },
    Buffer.from(`value ${version}`),
  );
  await database.query(
    `INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at)
     VALUES ($1::uuid, $2::int, $3::bytea, $4::bytea, $5, now())`,
    [secretId, version, ciphertext, wrappedKey, keyId],
  );
}

const destroy = (number: number) =>
  database.query(
    `UPDATE secret_versions SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = now()
     WHERE secret_id = $1::uuid AND number = $2::int`,
    [secretId, number],
  );

/** A database that calls `happen` once, immediately before the gateway writes data keys. */
function interrupted(happening: () => Promise<unknown>): Database {
  let happened = false;
  return {
    ...database,
    async query(text, params) {
      if (text.includes('UPDATE secret_versions') && !happened) {
        happened = true;
        await happening();
      }
      return database.query(text, params);
    },
  };
}

/** The encryption key and the secret value of each version. */
async function versions(): Promise<[string | null, string | null][]> {
  const rows = await database.query<{ [name in keyof SealedValue]: SealedValue[name] | null } & { number: number }>(
    `SELECT number, ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId" FROM secret_versions ORDER BY number`,
  );
  return rows.map(({ number, ciphertext, wrappedKey, keyId }) => {
    if (ciphertext === null || wrappedKey === null || keyId === null) return [null, null];
    const context = { kind: 'secret-version', secretId, version: number, name: 'db' } as const;
    return [keyId, openValue(keyring, context, { ciphertext, wrappedKey, keyId }).toString()];
  });
}

const current = keyring.current();
const all = [1, 2, 3].map((number) => [current, `value ${number}`]);

test('rewrap wraps every data key with the current encryption key, and all secret values can still be decrypted', async () => {
  const seen: [number, number][] = [];
  const result = await rewrap({ database, keyring }, (done, total) => seen.push([done, total]));
  expect(result).toEqual({ versions: 3, signingKeys: 0, auditKeys: 0, unopenable: 0, listed: [], remaining: 0 });
  expect(await versions()).toEqual(all);
  expect([seen[0], seen.at(-1)]).toEqual([
    [0, 3],
    [3, 3],
  ]);
  expect(await rewrap({ database, keyring })).toMatchObject({ versions: 0 });
});

test('if a version is destroyed while rewrap runs, rewrap does not restore the version', async () => {
  const result = await rewrap({ database: interrupted(() => destroy(2)), keyring });
  expect(result).toMatchObject({ versions: 2, unopenable: 0, remaining: 0 });
  expect(await versions()).toEqual([all[0], [null, null], all[2]]);
});

test('if a second process rewraps a data key at the same time, rewrap does not overwrite this data key', async () => {
  let theirs: unknown;
  const another = async () => {
    await rewrap({ database, keyring });
    theirs = await database.query('SELECT * FROM secret_versions ORDER BY number');
  };
  expect(await rewrap({ database: interrupted(another), keyring })).toMatchObject({ versions: 0, remaining: 0 });
  expect(await database.query('SELECT * FROM secret_versions ORDER BY number')).toEqual(theirs);
});

test('while rewrap runs, it also finds new data keys that are wrapped with an older encryption key', async () => {
  expect(await rewrap({ database: interrupted(() => write(4, before)), keyring })).toMatchObject({
    versions: 4,
    remaining: 0,
  });
  expect(await versions()).toEqual([...all, [current, 'value 4']]);
});

test('rewrap skips a locked data key, and wraps the data key again after it is unlocked', async () => {
  let free = () => {};
  const released = new Promise<void>((resolve) => {
    free = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const holding = database.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM secret_versions WHERE number = 2 FOR UPDATE');
    locked();
    await released;
  });
  await isLocked;
  let moved = 0;
  const result = await rewrap({ database, keyring }, (done) => {
    moved = Math.max(moved, done);
    // The row stays locked until rewrap has written all other rows. If rewrap waited for the lock, rewrap would never
    // end.
    if (moved === 2) free();
  });
  await holding;
  expect(result).toMatchObject({ versions: 3, remaining: 0 });
  expect(await versions()).toEqual(all);
});

test('if the keyring lacks an encryption key, rewrap reports the encryption key and the data that depends on it', async () => {
  const other = keyringFromEnvironment(randomBytes(32).toString('hex'));
  await write(4, other);
  const result = await rewrap({ database, keyring });
  expect(result).toMatchObject({ versions: 3, unopenable: 1, remaining: 0 });
  expect(result.listed).toEqual([
    { kind: 'secret', name: 'db', version: 4, reason: 'MISSING_KEY', keyId: other.current() },
  ]);
});

describe('rewrap of the MACs of signing keys', () => {
  const [old] = keyring.ids().slice(1);
  const state = async () => {
    const [row] = await database.query<Parameters<typeof isSigningKeyGenuine>[1]>(
      `SELECT id, public_jwk AS "publicJwk", key_id AS "keyId", mac, created_at AS "createdAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"
       FROM signing_keys`,
    );
    return row!;
  };
  beforeEach(() => database.transaction((tx) => addSigningKey(tx, before, new Date(), false)));

  test('rewrap computes the MAC of a signing key with the current encryption key, and until then the gateway needs the older encryption key', async () => {
    expect((await keyUsage(database)).get(old!)).toMatchObject({ signingKeys: 1 });
    expect(isSigningKeyGenuine(keyringFromEnvironment(second), await state())).toBe(false);
    expect(await rewrap({ database, keyring })).toMatchObject({ signingKeys: 1, unopenable: 0, remaining: 0 });
    expect((await keyUsage(database)).get(old!)).toBeUndefined();
    expect((await state()).keyId).toBe(current);
    expect(isSigningKeyGenuine(keyringFromEnvironment(second), await state())).toBe(true);
  });

  test('if the MAC of a signing key is wrong, rewrap writes no new MAC and reports the signing key', async () => {
    await database.query("UPDATE signing_keys SET retired_at = created_at + interval '1 day'");
    const { id } = await state();
    const { unopenable, listed } = await rewrap({ database, keyring });
    expect([unopenable, listed]).toEqual([
      1,
      [{ kind: 'signing key', name: id, version: 0, reason: 'ALTERED', keyId: old }],
    ]);
    expect(isSigningKeyGenuine(keyring, await state())).toBe(false);
  });
});

test('rewrap wraps the data key of a captured value again, and the captured value can still be decrypted', async () => {
  const place = { workflowId: 'w', taskId: 't', task: 'login', pointer: '/token', secretName: 'api' };
  const context = { kind: 'captured-value' as const, id: captureId(place) };
  await storeCaptured(database, place, sealValue(before, context, Buffer.from('captured')), new Date());
  await rewrap({ database, keyring });
  const stored = (await findCaptured(database, place))!;
  expect(stored.keyId).toBe(keyring.current());
  expect(openValue(keyring, context, stored).toString()).toBe('captured');
});

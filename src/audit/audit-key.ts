// The audit key, which hashes audit events. An audit key consists of 32 random bytes. The database stores the audit key sealed under the keyring.
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, type SealedValue, sealValue } from '../crypto/sealed-value.ts';
import type { Sql } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, type Uuid } from '../primitives/ids.ts';

export interface AuditKey {
  /** The id of the audit key, a UUID. */
  id: Uuid;
  key: KeyObject;
}

export interface SealedAuditKey extends SealedValue {
  id: Uuid;
}

/**
 * Returns the oldest audit key. If the database contains no audit key, the function creates one. If several gateways create the first audit key at
 * the same time, one gateway succeeds, and all gateways use its key.
 * @throws Unopenable
 */
export async function openAuditKey(sql: Sql, keyring: Keyring, clock: Clock): Promise<AuditKey> {
  const [stored] = await findAuditKeys(sql);
  if (stored !== undefined) return openSealedKey(keyring, stored);
  const id = newId();
  const bytes = randomBytes(32);
  const { ciphertext, wrappedKey, keyId } = sealValue(keyring, { kind: 'audit-key', id }, bytes);
  bytes.fill(0);
  await sql.query(
    `INSERT INTO audit_keys (id, ciphertext, wrapped_key, key_id, created_at) VALUES ($1::uuid, $2::bytea, $3::bytea, $4, $5::timestamptz)
     ON CONFLICT DO NOTHING`,
    [id, ciphertext, wrappedKey, keyId, clock.now()],
  );
  const [oldest] = await findAuditKeys(sql);
  if (oldest === undefined) throw new Error('The database has no audit key.');
  return openSealedKey(keyring, oldest);
}

/** All audit keys, oldest first. */
export function findAuditKeys(sql: Sql): Promise<SealedAuditKey[]> {
  return sql.query(
    'SELECT id, ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId" FROM audit_keys ORDER BY created_at, id',
  );
}

/** @throws Unopenable */
export function openSealedKey(keyring: Keyring, { id, ...sealed }: SealedAuditKey): AuditKey {
  try {
    const bytes = openValue(keyring, { kind: 'audit-key', id }, sealed);
    const key = createSecretKey(bytes);
    bytes.fill(0);
    return { id, key };
  } catch (error) {
    throw error instanceof SealError ? new Unopenable(error.message, error.keyId) : error;
  }
}

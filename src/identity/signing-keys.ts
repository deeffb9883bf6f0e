import { raiseEpoch } from '../access/epoch.ts';
import type { Clock } from '../clock.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, sealValue } from '../crypto/sealed-value.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import {
  generateSigningKey,
  importSigningKey,
  importVerifyingKey,
  jwks,
  type PublicJwk,
  type SigningKey,
  type VerifyingKey,
} from './jwt.ts';

/** The keys that sign tokens: kept in the database, the private halves sealed, so that every node signs and verifies alike. */
export interface SigningKeys {
  /** The newest that signs. Asks the database each time, so that every node signs with a new key at once. @throws Unopenable */
  current(): Promise<SigningKey>;
  /** The key of this id; undefined if there is none, or it is revoked. Remembered: `standings` refuses a revoked one as well. */
  verifying(kid: string): Promise<VerifyingKey | undefined>;
  /** Public halves of the keys whose tokens may still hold. */
  jwks(): Promise<{ keys: PublicJwk[] }>;
}

interface Row {
  id: string;
  publicJwk: PublicJwk;
  ciphertext: Uint8Array;
  wrappedKey: Uint8Array;
  keyId: string;
}

const MOST_REMEMBERED = 100;

export function signingKeys({
  database,
  keyring,
  clock,
  tokenTtl,
}: {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  tokenTtl: number;
}): SigningKeys {
  const opened = new Map<string, SigningKey>();
  const known = new Map<string, VerifyingKey>();
  return {
    async current() {
      const [row] = await database.query<Row>(
        `SELECT id, public_jwk AS "publicJwk", ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId" FROM signing_keys
         WHERE retired_at IS NULL AND revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1`,
      );
      if (row === undefined) throw new Error('There is no signing key.');
      const remembered = opened.get(row.id);
      if (remembered) return remembered;
      const key = importSigningKey(row.id, open(keyring, row));
      opened.clear();
      opened.set(row.id, key);
      return key;
    },
    async verifying(kid) {
      const remembered = known.get(kid);
      if (remembered) return remembered;
      const [row] = await database.query<Pick<Row, 'publicJwk'>>(
        'SELECT public_jwk AS "publicJwk" FROM signing_keys WHERE id = $1 AND revoked_at IS NULL',
        [kid],
      );
      if (row === undefined) return undefined;
      const key = importVerifyingKey(kid, row.publicJwk);
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(kid, key);
      return key;
    },
    async jwks() {
      const rows = await database.query<Pick<Row, 'id' | 'publicJwk'>>(
        `SELECT id, public_jwk AS "publicJwk" FROM signing_keys
         WHERE revoked_at IS NULL AND (retired_at IS NULL OR retired_at > $1::timestamptz) ORDER BY created_at DESC LIMIT 100`,
        [new Date(clock.now().getTime() - tokenTtl * 1_000)],
      );
      return jwks(rows.map((row) => importVerifyingKey(row.id, row.publicJwk)));
    },
  };
}

/** Writes a new key, which signs from now on, and retires the others; with `revoke`, their tokens are refused at once. Tells the new key's id. */
export async function addSigningKey(tx: Transaction, keyring: Keyring, now: Date, revoke: boolean): Promise<string> {
  await raiseEpoch(tx);
  const { kid, pkcs8, publicJwk } = generateSigningKey();
  const sealed = sealValue(keyring, { kind: 'signing-key', kid }, pkcs8);
  pkcs8.fill(0);
  await tx.prisma.signingKey.updateMany({ where: { retiredAt: null }, data: { retiredAt: now } });
  if (revoke) await tx.prisma.signingKey.updateMany({ where: { revokedAt: null }, data: { revokedAt: now } });
  const { ciphertext, wrappedKey, keyId } = sealed;
  await tx.prisma.signingKey.create({
    data: { id: kid, publicJwk: { ...publicJwk }, ciphertext, wrappedKey, keyId, createdAt: now },
  });
  return kid;
}

function open(keyring: Keyring, { id, ...sealed }: Row): Uint8Array {
  try {
    return openValue(keyring, { kind: 'signing-key', kid: id }, sealed);
  } catch (error) {
    throw error instanceof SealError ? new Unopenable(error.message, error.keyId) : error;
  }
}

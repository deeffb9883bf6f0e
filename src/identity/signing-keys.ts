import type { Logger } from 'pino';
import { factsBegin, withFacts } from '../audit/facts.ts';
import { sharedRead } from '../concurrency/batcher.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { openValue, SealError, sealValue } from '../crypto/sealed-value.ts';
import { isSigningKeyGenuine, type SigningKeyState, signingKeyMac } from '../crypto/signing-key-mac.ts';
import type { Database, Sql, Transaction } from '../database/client.ts';
import { Unopenable } from '../errors.ts';
import type { Handler, Route } from '../http/exchange.ts';
import type { Clock } from '../primitives/clock.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import {
  generateSigningKey,
  importSigningKey,
  importVerifyingKey,
  jwks,
  type PublicJwk,
  type SigningKey,
  type VerifyingKey,
} from './jwt.ts';

/**
 * The keys with which the gateway signs tokens. The database stores the signing keys, with sealed private halves, so that all gateways use the same
 * signing keys. If a signing key has no valid MAC, the gateway does not use the signing key and logs an error.
 */
export interface SigningKeys {
  /**
   * Returns the newest active signing key. Every call reads the database, so that all gateways immediately use a new signing key. Calls at the same
   * moment share one SQL statement.
   * @throws Unopenable
   */
  current(): Promise<SigningKey>;
  /**
   * Returns the signing key `kid`. Returns undefined if the signing key does not exist or is revoked. The result is cached and can be outdated.
   * Therefore the entitlement cache also rejects the tokens of a revoked signing key.
   */
  verifying(kid: string): Promise<VerifyingKey | undefined>;
  /** Returns the public halves of all signing keys whose tokens may still be valid. */
  jwks(): Promise<{ keys: PublicJwk[] }>;
}

/** The row of a signing key without its sealed private half. */
export interface SigningKeyRow extends SigningKeyState {
  publicJwk: PublicJwk;
  keyId: string;
  mac: Uint8Array | null;
}

interface Row extends SigningKeyRow {
  ciphertext: Uint8Array;
  wrappedKey: Uint8Array;
}

const COLUMNS = `id, public_jwk AS "publicJwk", key_id AS "keyId", mac, created_at AS "createdAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"`;

const MAX_CACHED = 100;

/** Publishes the public halves of the signing keys, so that other servers can verify the gateway's tokens. */
export function jwksRoute(keys: SigningKeys): Route {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const GET: Handler = async ({ budget }) => {
    const body = JSON.stringify(await budget.within(keys.jwks));
    return { status: 200, headers, body };
  };
  return { path: '/.well-known/jwks.json', methods: { GET } };
}

export function signingKeys({
  database,
  keyring,
  clock,
  tokenTtl,
  log,
}: {
  database: Database;
  keyring: Keyring;
  clock: Clock;
  tokenTtl: number;
  log: Pick<Logger, 'error'>;
}): SigningKeys {
  const isGenuine = (row: SigningKeyRow) => {
    const genuine = isSigningKeyGenuine(keyring, row);
    if (!genuine) {
      log.error(
        { kid: row.id.slice(0, 100) },
        'signing key has no valid MAC and is not used: run secrets-gateway audit verify',
      );
    }
    return genuine;
  };
  const openedKeys = new Map<string, SigningKey>();
  const verifyingKeys = new Map<string, VerifyingKey>();
  const newest = sharedRead(async (): Promise<SigningKey> => {
    const rows = await database.prepared.query<Row>(
      `SELECT ${COLUMNS}, ciphertext, wrapped_key AS "wrappedKey" FROM signing_keys
       WHERE retired_at IS NULL AND revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${MAX_CACHED}`,
    );
    const row = rows.find(isGenuine);
    if (row === undefined) throw new Error('No signing key has a valid MAC. Run: secrets-gateway signing-keys rotate');
    const cached = openedKeys.get(row.id);
    if (cached) return cached;
    const key = importSigningKey(row.id, open(keyring, row));
    openedKeys.clear();
    openedKeys.set(row.id, key);
    return key;
  });
  return {
    current: newest,
    async verifying(kid) {
      const cached = verifyingKeys.get(kid);
      if (cached) return cached;
      const [row] = await database.query<SigningKeyRow>(
        `SELECT ${COLUMNS} FROM signing_keys WHERE id = $1 AND revoked_at IS NULL`,
        [kid],
      );
      if (row === undefined || !isGenuine(row)) return undefined;
      const key = importVerifyingKey(kid, row.publicJwk);
      if (verifyingKeys.size >= MAX_CACHED) verifyingKeys.clear();
      verifyingKeys.set(kid, key);
      return key;
    },
    async jwks() {
      const rows = await database.query<SigningKeyRow>(
        `SELECT ${COLUMNS} FROM signing_keys
         WHERE revoked_at IS NULL AND (retired_at IS NULL OR retired_at > $1::timestamptz) ORDER BY created_at DESC LIMIT 100`,
        [new Date(clock.now().getTime() - tokenTtl * 1_000)],
      );
      return jwks(rows.filter(isGenuine).map((row) => importVerifyingKey(row.id, row.publicJwk)));
    },
  };
}

/** Returns whether an active signing key has a valid MAC. */
export async function hasSigningKey(sql: Sql, keyring: Keyring): Promise<boolean> {
  const rows = await sql.query<SigningKeyRow>(
    `SELECT ${COLUMNS} FROM signing_keys WHERE retired_at IS NULL AND revoked_at IS NULL`,
  );
  return rows.some((row) => isSigningKeyGenuine(keyring, row));
}

/**
 * Adds a signing key, which signs all new tokens, and retires all other signing keys. If `revoke` is true, the function also revokes the other
 * signing keys, so that the gateway immediately rejects the tokens that they signed. Returns the `kid` of the new signing key.
 */
export async function addSigningKey(tx: Transaction, keyring: Keyring, now: Date, revoke: boolean): Promise<string> {
  await raiseEpoch(tx);
  await endSigningKeys(tx, keyring, now, revoke);
  const { kid, pkcs8, publicJwk } = generateSigningKey();
  const sealed = sealValue(keyring, { kind: 'signing-key', kid }, pkcs8);
  pkcs8.fill(0);
  const { ciphertext, wrappedKey, keyId } = sealed;
  const state = { id: kid, publicJwk, createdAt: now, retiredAt: null, revokedAt: null };
  const mac = signingKeyMac(keyring, keyId, state);
  await tx.prisma.signingKey.create({
    data: { id: kid, publicJwk: { ...publicJwk }, ciphertext, wrappedKey, keyId, mac, createdAt: now },
  });
  factsBegin(tx, [['signing-key', kid, null]]);
  return kid;
}

/**
 * Retires the active signing keys. If `revoke` is true, revokes all signing keys instead, including retired signing keys. A signing key without a
 * valid MAC is always revoked. The function computes no new MAC for a signing key without a valid MAC.
 */
async function endSigningKeys(tx: Transaction, keyring: Keyring, now: Date, revoke: boolean): Promise<void> {
  const rows = await tx.query<SigningKeyRow>(
    `SELECT ${COLUMNS} FROM signing_keys WHERE revoked_at IS NULL AND ($1::boolean OR retired_at IS NULL) ORDER BY id FOR UPDATE`,
    [revoke],
  );
  const ended = rows.map((row) => {
    const genuine = isSigningKeyGenuine(keyring, row);
    const state = { ...row, retiredAt: row.retiredAt ?? now, revokedAt: revoke || !genuine ? now : null };
    return { ...state, mac: genuine ? signingKeyMac(keyring, row.keyId, state) : null };
  });
  const ids = ended.map(({ id }) => id);
  await withFacts(tx, 'signing_keys', ['x.id = ANY($1::text[])', ids], async () => {
    for (const { id, retiredAt, revokedAt, mac } of ended) {
      await tx.prisma.signingKey.update({ where: { id }, data: { retiredAt, revokedAt, mac } });
    }
  });
}

function open(keyring: Keyring, { id, ciphertext, wrappedKey, keyId }: Row): Uint8Array {
  try {
    return openValue(keyring, { kind: 'signing-key', kid: id }, { ciphertext, wrappedKey, keyId });
  } catch (error) {
    throw error instanceof SealError ? new Unopenable(error.message, error.keyId) : error;
  }
}

// Checks that every data key decrypts and that every signing key has a valid MAC. Audit events do not record wrapped data keys and MACs, because a
// rewrap changes the wrapped data keys and MACs.
import type { Keyring } from '../crypto/keyring.ts';
import { checkDataKey, SealError } from '../crypto/sealed-value.ts';
import { isSigningKeyGenuine, type SigningKeyState } from '../crypto/signing-key-mac.ts';
import type { Sql } from '../database/client.ts';
import { toGlobalId, type Uuid, ZERO_UUID } from '../primitives/ids.ts';

const PAGE = 2_000;

/**
 * Describes the first database row whose wrapped data key or MAC was not created with the keyring. Returns undefined if the keyring created all
 * wrapped data keys and MACs.
 */
export async function rowProblem(sql: Sql, keyring: Keyring): Promise<string | undefined> {
  return (await signingKeyProblem(sql, keyring)) ?? (await dataKeyProblem(sql, keyring));
}

/** Skips revoked signing keys, because the gateway verifies no token with them. */
async function signingKeyProblem(sql: Sql, keyring: Keyring): Promise<string | undefined> {
  const rows = await sql.query<SigningKeyState & { keyId: string; mac: Uint8Array | null }>(
    `SELECT id, public_jwk AS "publicJwk", key_id AS "keyId", mac, created_at AS "createdAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"
     FROM signing_keys WHERE revoked_at IS NULL ORDER BY created_at, id`,
  );
  const wrong = rows.find((row) => !isSigningKeyGenuine(keyring, row));
  return (
    wrong &&
    `Signing key ${JSON.stringify(wrong.id.slice(0, 100))} has no valid MAC: the row was added or changed without the gateway.`
  );
}

interface VersionRow {
  id: Uuid;
  name: string | null;
  number: number;
  wrappedKey: Uint8Array;
  keyId: string;
}

async function dataKeyProblem(sql: Sql, keyring: Keyring): Promise<string | undefined> {
  for (let after = { id: ZERO_UUID, number: 0 }; ; ) {
    const rows = await sql.query<VersionRow>(
      `SELECT v.secret_id AS id, v.number, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId", s.name
       FROM (SELECT * FROM secret_versions v WHERE (v.secret_id, v.number) > ($1::uuid, $2::int)
             ORDER BY v.secret_id, v.number LIMIT ${PAGE}) v
         LEFT JOIN secrets s ON s.id = v.secret_id
       ORDER BY v.secret_id, v.number`,
      [after.id, after.number],
    );
    for (const { id, number, name, wrappedKey, keyId } of rows) {
      if (wrappedKey === null) continue;
      try {
        checkDataKey(
          keyring,
          { kind: 'secret-version', secretId: id, version: number, name: name ?? '' },
          { wrappedKey, keyId },
        );
      } catch (error) {
        if (!(error instanceof SealError)) throw error;
        const what =
          error.reason === 'MISSING_KEY'
            ? `is wrapped under encryption key ${error.keyId}, which the keyring does not contain`
            : 'does not decrypt: the data key was changed, or the secret was renamed';
        return `Secret ${toGlobalId('SECRET', id)}: the data key of version ${number} ${what}.`;
      }
    }
    const last = rows.at(-1);
    if (last === undefined) return undefined;
    after = last;
  }
}

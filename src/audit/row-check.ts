// Checks that every data key decrypts and that every signing key has a valid MAC. Audit events do not record wrapped data keys and MACs, because a
// rewrap changes the wrapped data keys and MACs.
import type { Keyring } from '../crypto/keyring.ts';
import { checkDataKey, SealError } from '../crypto/sealed-value.ts';
import { isSigningKeyGenuine, type SigningKeyState } from '../crypto/signing-key-mac.ts';
import type { Sql } from '../database/client.ts';
import { toGlobalId, type Uuid, ZERO_UUID } from '../primitives/ids.ts';

const PAGE = 2_000;

/** Describes the database rows whose wrapped data key or MAC was not created with the keyring, at most `most` rows. */
export async function rowProblems(sql: Sql, keyring: Keyring, most: number): Promise<string[]> {
  return [...(await signingKeyProblems(sql, keyring)), ...(await dataKeyProblems(sql, keyring, most))].slice(0, most);
}

/** Skips revoked signing keys, because the gateway verifies no token with them. */
async function signingKeyProblems(sql: Sql, keyring: Keyring): Promise<string[]> {
  const rows = await sql.query<SigningKeyState & { keyId: string; mac: Uint8Array | null }>(
    `SELECT id, public_jwk AS "publicJwk", key_id AS "keyId", mac, created_at AS "createdAt", retired_at AS "retiredAt", revoked_at AS "revokedAt"
     FROM signing_keys WHERE revoked_at IS NULL ORDER BY created_at, id`,
  );
  return rows
    .filter((row) => !isSigningKeyGenuine(keyring, row))
    .map(
      ({ id }) =>
        `Signing key ${JSON.stringify(id.slice(0, 100))} has no valid MAC: the row was added or changed without the gateway.`,
    );
}

interface VersionRow {
  id: Uuid;
  name: string | null;
  number: number;
  wrappedKey: Uint8Array;
  keyId: string;
}

async function dataKeyProblems(sql: Sql, keyring: Keyring, most: number): Promise<string[]> {
  const problems: string[] = [];
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
        problems.push(`Secret ${toGlobalId('SECRET', id)}: the data key of version ${number} ${what}.`);
      }
    }
    const last = rows.at(-1);
    if (last === undefined || problems.length >= most) return problems;
    after = last;
  }
}

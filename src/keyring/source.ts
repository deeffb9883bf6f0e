import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import { type Keyring, KeyringError, keyringFromEnvironment } from '../crypto/keyring.ts';
import { createKeyringFile, openKeyringFile } from '../crypto/keyring-file.ts';
import type { Sql } from '../database/client.ts';

interface Reporting {
  print: (line: string) => void;
  onProblem?: (error: KeyringError) => void;
}

type KeyringSource = Pick<Config, 'keyring' | 'keyringFile'>;

/** Opens the keyring in the variable `KEYRING`, or the keyring file if `KEYRING` is not set. @throws KeyringError */
export function existingKeyring({ keyring, keyringFile }: KeyringSource, onProblem?: Reporting['onProblem']): Keyring {
  return keyring === undefined ? openKeyringFile(keyringFile, onProblem) : keyringFromEnvironment(keyring.expose());
}

/**
 * Opens the keyring in the variable `KEYRING`, or the keyring file if `KEYRING` is not set. Creates the keyring file if the file does not exist and
 * the database has no sealed values.
 * @throws KeyringError if the database has sealed values, and the keyring has none of the encryption keys under which they are sealed
 */
export async function openKeyring(
  config: KeyringSource,
  sql: Sql,
  { print: say, onProblem }: Reporting,
): Promise<Keyring> {
  const sealedUnder = await keysInUse(sql);
  if (config.keyring === undefined && !existsSync(config.keyringFile)) {
    if (sealedUnder.length > 0) {
      throw new KeyringError(
        'NO_KEY',
        `The keyring ${config.keyringFile} does not exist, but the database has values sealed under ${sealedUnder.join(', ')}. Restore that keyring, or set KEYRING.`,
      );
    }
    createFile(config.keyringFile);
    say(
      `Created the keyring ${config.keyringFile}. Keep a copy apart from the database: without the keyring, no secret value can be decrypted.`,
    );
  }
  const keyring = existingKeyring(config, onProblem);
  const missing = sealedUnder.filter((keyId) => !keyring.has(keyId));
  if (sealedUnder.length > 0 && missing.length === sealedUnder.length) {
    throw new KeyringError(
      'UNKNOWN_KEY',
      `${keyring.source} has none of the encryption keys of this database. The values in the database are sealed under ${missing.join(', ')}.`,
    );
  }
  if (missing.length > 0)
    say(
      `The keyring does not have ${missing.join(', ')}. Values that are sealed under these encryption keys cannot be decrypted.`,
    );
  return keyring;
}

function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    createKeyringFile(path);
  } catch (error) {
    // If another gateway has created the keyring file in the meantime, this gateway uses the existing file.
    if (!(error instanceof KeyringError && error.reason === 'EXISTS')) throw error;
  }
}

/** Returns the ids of the encryption keys that wrap a data key, or under which the secret of an access key is hashed. */
async function keysInUse(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ keyId: string }>(
    `SELECT DISTINCT key_id AS "keyId" FROM (
       SELECT key_id FROM secret_versions WHERE key_id IS NOT NULL
       UNION ALL SELECT key_id FROM signing_keys UNION ALL SELECT key_id FROM audit_keys UNION ALL SELECT key_id FROM access_keys WHERE deleted_at IS NULL
     ) sealed ORDER BY 1`,
  );
  return rows.map((row) => row.keyId);
}

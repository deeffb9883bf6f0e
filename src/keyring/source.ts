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

/**
 * Opens the keyring of `KEYRING`, or of the keyring file if `KEYRING` is not set. Creates the file if it does not exist and the database has no sealed values.
 * @throws KeyringError if the keyring opens nothing in the database: the gateway must not start without the keys of its values
 */
export async function openKeyring(
  config: Pick<Config, 'keyring' | 'keyringFile'>,
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
      `Created the keyring ${config.keyringFile}. Keep a copy apart from the database: without the keyring, all secret values are lost.`,
    );
  }
  const keyring =
    config.keyring === undefined
      ? openKeyringFile(config.keyringFile, onProblem)
      : keyringFromEnvironment(config.keyring.expose());
  const missing = sealedUnder.filter((keyId) => !keyring.has(keyId));
  if (sealedUnder.length > 0 && missing.length === sealedUnder.length) {
    throw new KeyringError(
      'UNKNOWN_KEY',
      `No key in ${keyring.source} can open this database. Its values are sealed under ${missing.join(', ')}.`,
    );
  }
  if (missing.length > 0)
    say(`The keyring does not have ${missing.join(', ')}. Values sealed under these keys cannot be opened.`);
  return keyring;
}

function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    createKeyringFile(path);
  } catch (error) {
    // Another gateway created the file first, so this gateway uses that file.
    if (!(error instanceof KeyringError && error.reason === 'EXISTS')) throw error;
  }
}

/** Returns the ids of the encryption keys that wrap a data key or hash an access key. */
async function keysInUse(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ keyId: string }>(
    `SELECT DISTINCT key_id AS "keyId" FROM (
       SELECT key_id FROM secret_versions WHERE key_id IS NOT NULL
       UNION ALL SELECT key_id FROM signing_keys UNION ALL SELECT key_id FROM audit_keys UNION ALL SELECT key_id FROM access_keys WHERE deleted_at IS NULL
     ) sealed ORDER BY 1`,
  );
  return rows.map((row) => row.keyId);
}

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import { type Keyring, KeyringError, keyringFromEnvironment } from '../crypto/keyring.ts';
import { createKeyringFile, openKeyringFile } from '../crypto/keyring-file.ts';
import type { Sql } from '../database/client.ts';

interface Reporting {
  say: (line: string) => void;
  onProblem?: (error: KeyringError) => void;
}

/**
 * The keyring of `KEYRING`, else of the keyring file, which is made if there is none and the database holds nothing sealed.
 * @throws KeyringError if the database holds what this keyring cannot open: the gateway does not start over lost values
 */
export async function openKeyring(
  config: Pick<Config, 'keyring' | 'keyringFile'>,
  sql: Sql,
  { say, onProblem }: Reporting,
): Promise<Keyring> {
  const sealedUnder = await keysInUse(sql);
  if (config.keyring === undefined && !existsSync(config.keyringFile)) {
    if (sealedUnder.length > 0) {
      throw new KeyringError(
        'NO_KEY',
        `There is no keyring ${config.keyringFile}, and the database holds values sealed under ${sealedUnder.join(', ')}: bring that keyring back, or set KEYRING.`,
      );
    }
    makeFile(config.keyringFile);
    say(`Made the keyring ${config.keyringFile}. Keep a copy apart from the database: without it every value is lost.`);
  }
  const keyring =
    config.keyring === undefined
      ? openKeyringFile(config.keyringFile, onProblem)
      : keyringFromEnvironment(config.keyring.expose());
  const missing = sealedUnder.filter((keyId) => !keyring.has(keyId));
  if (sealedUnder.length > 0 && missing.length === sealedUnder.length) {
    throw new KeyringError(
      'UNKNOWN_KEY',
      `None of the keys in ${keyring.source} opens this database: it is sealed under ${missing.join(', ')}.`,
    );
  }
  if (missing.length > 0) say(`The keyring lacks ${missing.join(', ')}: what is sealed under that will not open.`);
  return keyring;
}

function makeFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    createKeyringFile(path);
  } catch (error) {
    // Another gateway made it first: then that is the keyring.
    if (!(error instanceof KeyringError && error.reason === 'EXISTS')) throw error;
  }
}

/** Ids of the keyring's keys under which anything is sealed or kept. */
async function keysInUse(sql: Sql): Promise<string[]> {
  const rows = await sql.query<{ keyId: string }>(
    `SELECT DISTINCT key_id AS "keyId" FROM (
       SELECT key_id FROM secret_versions WHERE key_id IS NOT NULL
       UNION ALL SELECT key_id FROM signing_keys UNION ALL SELECT key_id FROM audit_keys UNION ALL SELECT key_id FROM access_keys WHERE deleted_at IS NULL
     ) sealed ORDER BY 1`,
  );
  return rows.map((row) => row.keyId);
}

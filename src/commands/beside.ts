import { existsSync } from 'node:fs';
import { adoptEvents } from '../audit/audit-adoption.ts';
import { type AuditStream, auditStream } from '../audit/audit-stream.ts';
import { writeBaseline } from '../audit/fact-baseline.ts';
import { sealer } from '../audit/sealing.ts';
import type { Config } from '../config.ts';
import { type Keyring, KeyringError } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { NAMES_HAVE_KEYS } from '../database/name-keys.ts';
import { joinDatabase } from '../database/open.ts';
import { openKeyring } from '../keyring/source.ts';
import { type Clock, systemClock } from '../primitives/clock.ts';

export interface Beside {
  database: Database;
  keyring: Keyring;
  /** The audit log of the command. */
  stream: AuditStream;
  clock: Clock;
}

/**
 * Does `work` on the database and the keyring of a gateway, whether it runs at this moment or not. Makes neither: that is the gateway's
 * first start.
 */
export async function besideGateway<T>(config: Config, work: (at: Beside) => Promise<T>): Promise<T> {
  if (config.keyring === undefined && !existsSync(config.keyringFile)) {
    throw new KeyringError(
      'NO_KEY',
      `There is no keyring ${config.keyringFile}: the gateway makes one at its first start.`,
    );
  }
  return besideDatabase(config, async (database) => {
    const say = (line: string) => console.error(line);
    const keyring = await openKeyring(config, database, { say });
    const clock = systemClock;
    // What a gateway was killed in the middle of comes before the first event of a command.
    await adoptEvents({ database, keyring, clock });
    await writeBaseline({ database, keyring, clock });
    const stream = auditStream({ database, keyring, clock });
    const result = await work({ database, keyring, stream, clock });
    await sealer({ database, stream, clock })();
    return result;
  });
}

/** The same for what needs no keyring. */
export async function besideDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const source = await joinDatabase(config, { say: (line) => console.error(line) });
  try {
    const [state] = await source.database.query<{ made: boolean; updated: boolean }>(
      `SELECT to_regclass('access_epoch') IS NOT NULL AS made, ${NAMES_HAVE_KEYS} AS updated`,
    );
    if (!state?.made) throw new Error('No gateway has used this database yet: start one first.');
    if (!state.updated)
      throw new Error('The update of this database has not finished. Start a gateway of this version first.');
    return await work(source.database);
  } finally {
    await source.close();
  }
}

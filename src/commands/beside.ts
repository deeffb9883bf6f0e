import { existsSync } from 'node:fs';
import { type AuditStream, auditStream } from '../audit/audit-stream.ts';
import { sealer } from '../audit/sealing.ts';
import type { Config } from '../config.ts';
import { type Keyring, KeyringError } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { joinDatabase } from '../database/open.ts';
import { schemaVersion } from '../database/schema-version.ts';
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
    const stream = auditStream({ database, keyring, clock });
    const result = await work({ database, keyring, stream, clock });
    await sealer({ database, stream, clock })();
    return result;
  });
}

/** `besideGateway` for work that needs no keyring. @throws OtherSchemaVersion */
export async function besideDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const source = await joinDatabase(config, { say: (line) => console.error(line) });
  try {
    const version = await schemaVersion((text) => source.database.query(text));
    if (version === 'empty') throw new Error('No gateway has used this database yet: start one first.');
    if (version === 'behind')
      throw new Error('This database is not updated to this version yet. Start a gateway of this version first.');
    return await work(source.database);
  } finally {
    await source.close();
  }
}

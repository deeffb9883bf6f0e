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

export interface GatewayResources {
  database: Database;
  keyring: Keyring;
  /** The audit log that records the actions of the command. */
  stream: AuditStream;
  clock: Clock;
}

/**
 * Runs `work` with the database and the keyring of a gateway. The gateway may run during the call. The function does not create the database or the
 * keyring, because the first start of a gateway creates both.
 */
export async function withGatewayResources<T>(config: Config, work: (at: GatewayResources) => Promise<T>): Promise<T> {
  if (config.keyring === undefined && !existsSync(config.keyringFile)) {
    throw new KeyringError(
      'NO_KEY',
      `The keyring ${config.keyringFile} does not exist. The first start of a gateway creates it.`,
    );
  }
  return withDatabase(config, async (database) => {
    const print = (line: string) => console.error(line);
    const at = resourcesOf(database, await openKeyring(config, database, { print }));
    const result = await work(at);
    await sealer(at)();
    return result;
  });
}

export function resourcesOf(database: Database, keyring: Keyring): GatewayResources {
  const clock = systemClock;
  return { database, keyring, clock, stream: auditStream({ database, keyring, clock }) };
}

/** Runs `work` with the database only, for commands that need no keyring. @throws OtherSchemaVersion */
export async function withDatabase<T>(config: Config, work: (database: Database) => Promise<T>): Promise<T> {
  const source = await joinDatabase(config, { print: (line) => console.error(line) });
  try {
    const version = await schemaVersion((text) => source.database.query(text));
    if (version === 'empty') throw new Error('No gateway has used this database yet. Start a gateway first.');
    if (version === 'behind')
      throw new Error(
        'This database is not updated to this version of the gateway. Start a gateway of this version first.',
      );
    return await work(source.database);
  } finally {
    await source.close();
  }
}

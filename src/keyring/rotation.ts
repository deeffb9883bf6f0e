// Adds and removes encryption keys for the command line, and records both in the audit log. These functions change only the keyring file. If the
// keyring is in the variable KEYRING, the operator changes the variable instead.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import type { AuditLog, AuditLogDeps } from '../audit/audit-log.ts';
import { operatorAudit } from '../audit/operator.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { addKey, describeKeys, removeKey } from '../crypto/keyring-file.ts';
import type { Database } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { toGlobalId } from '../primitives/ids.ts';
import { plural } from '../primitives/plural.ts';
import { type Counts, type Rewrapped, rewrap } from './rewrap.ts';
import { accessKeysUnder, countDataKeys, keyUsage, UNUSED } from './usage.ts';

export interface RotationDeps extends AuditLogDeps {
  database: Database;
  keyring: Keyring;
}

/** Three times the maximum duration of a gateway's transaction. */
const SETTLE_MS = 30_000;
const MAX_NAMED = 10;

/** Adds a new encryption key to the keyring file and makes it the current one. Returns the id of the new encryption key. */
export async function addToKeyring(needs: RotationDeps, file: string): Promise<string> {
  // Checks first that the database can record the audit event, because the keyring file and the audit log cannot change in one transaction.
  await needs.database.ping();
  const keyId = addKey(file);
  await operatorAudit(needs).record(keyringEvent(keyId, { added: keyId }), 'DONE');
  return keyId;
}

/** Wraps every data key under the current encryption key (see `rewrap`), and records in the audit log how many data keys were wrapped. */
export async function rewrapAll(
  needs: RotationDeps,
  onProgress: (done: number, total: number) => void,
): Promise<Rewrapped> {
  const result = await rewrap(needs, onProgress);
  const { versions, signingKeys, auditKeys, unopenable, remaining } = result;
  const counts = { versions, signingKeys, auditKeys, unopenable, left: remaining };
  const outcome = unopenable + remaining === 0 ? 'DONE' : 'FAILED';
  await operatorAudit(needs).record(keyringEvent(needs.keyring.current(), { rewrapped: counts }), outcome);
  return result;
}

/**
 * Removes an unused encryption key from the keyring file permanently. If the function must wait first, it calls `onWait` with the waiting time.
 * @throws Conflict for the current encryption key, and for an encryption key that is still in use
 */
export async function removeFromKeyring(
  needs: RotationDeps,
  file: string,
  keyId: string,
  onWait: (ms: number) => void,
): Promise<void> {
  const audit: AuditLog = operatorAudit(needs);
  const removal = keyringEvent(keyId, { removed: keyId });
  await audit.before(removal, async () => {
    await requireUnused(needs, keyId);
    // INVARIANT: the use of the encryption key is counted only after `SETTLE_MS`. A gateway reads the keyring file before every wrap, so new wraps
    // use the current encryption key. But a transaction that wrapped a data key under the older encryption key before the keyring file changed may
    // still commit. After `SETTLE_MS`, every transaction that used the older encryption key has ended.
    const wait = SETTLE_MS - age(file, needs.clock);
    if (wait > 0) {
      onWait(wait);
      await sleep(wait);
      await requireUnused(needs, keyId);
    }
    return { result: undefined, event: removal };
  });
  await audit.recordIfThrown(removal, () => removeKey(file, keyId));
}

/** @throws Conflict unless the encryption key `keyId` can be removed from the keyring */
export async function requireUnused({ database, keyring }: RotationDeps, keyId: string): Promise<void> {
  if (keyring.current() === keyId)
    throw new Conflict(
      `${keyId} is the current encryption key of ${keyring.source}. Add another encryption key first.`,
    );
  const usage = (await keyUsage(database)).get(keyId) ?? UNUSED;
  const usages: string[] = [];
  if (countDataKeys(usage) > 0) {
    usages.push(
      `${counted(usage)}: run \`secrets-gateway keys rewrap\` to wrap their data keys under the current encryption key. Destroy each version that cannot be decrypted.`,
    );
  }
  if (usage.accessKeys > 0) {
    const named = await accessKeysUnder(database, keyId, MAX_NAMED);
    const more = usage.accessKeys > named.length ? `, and ${usage.accessKeys - named.length} more` : '';
    usages.push(
      `${plural(usage.accessKeys, 'access key')}: the secret of an access key is hashed under the current encryption key at the next sign-in. Delete unused access keys: ` +
        named
          .map(({ id, application, lastUsedAt }) => {
            const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString().slice(0, 10)}`;
            return `${toGlobalId('ACCESS_KEY', id)} of ${JSON.stringify(application)} (${used})`;
          })
          .join(', ') +
        `${more}.`,
    );
  }
  if (usages.length > 0) throw new Conflict(`${keyId} is still in use.\n  ${usages.join('\n  ')}`);
}

export function counted({ versions, signingKeys, auditKeys }: Counts): string {
  const parts = [
    versions > 0 ? plural(versions, 'version') : '',
    signingKeys > 0 ? plural(signingKeys, 'signing key') : '',
    auditKeys > 0 ? plural(auditKeys, 'audit key') : '',
  ];
  return parts.filter((part) => part !== '').join(' and ') || 'nothing';
}

/** Returns the age of the file's current encryption key, by its `createdAt`. Returns 0 if `createdAt` is invalid or in the future. */
function age(file: string, clock: Clock): number {
  const since = Date.parse(describeKeys(file)[0]?.createdAt ?? '');
  return Number.isNaN(since) ? 0 : Math.max(0, clock.now().getTime() - since);
}

function keyringEvent(keyId: string, changes: Record<string, unknown>): NewEvent {
  const subject: EventSubject = { kind: 'KEYRING', id: keyId, name: keyId };
  return { action: 'KEYRING_ROTATE', subject, changes };
}

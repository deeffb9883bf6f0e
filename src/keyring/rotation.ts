// Adding a key to the keyring and taking one from it, as the command line does: recorded in the audit log. In the file by
// KEYRING_FILE only; what KEYRING holds is changed where it is set.
import { setTimeout as sleep } from 'node:timers/promises';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import type { AuditLog, AuditLogDeps } from '../audit/audit-log.ts';
import { operatorAudit } from '../audit/operator.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { addKey, describeKeys, removeKey } from '../crypto/keyring-file.ts';
import type { Database } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { outsideId } from '../primitives/ids.ts';
import { type Counts, type Rewrapped, rewrap } from './rewrap.ts';
import { accessKeysUnder, dataKeys, keyUsage, UNUSED } from './usage.ts';

export interface RotationDeps extends AuditLogDeps {
  database: Database;
  keyring: Keyring;
}

/** Three times what a transaction of a gateway may take. */
const SETTLED_MS = 30_000;
const MOST_NAMED = 10;

/** Puts a new key in front in the keyring file. Tells its id. */
export async function addToKeyring(needs: RotationDeps, file: string): Promise<string> {
  // Whether it can be recorded is seen before, for the file and the log cannot change together.
  await needs.database.ping();
  const keyId = addKey(file);
  await operatorAudit(needs).record(keyringEvent(keyId, { added: keyId }), 'DONE');
  return keyId;
}

/** Takes every data key to the current key (see `rewrap`), and records how many that were. */
export async function rewrapAll(
  needs: RotationDeps,
  onProgress: (done: number, total: number) => void,
): Promise<Rewrapped> {
  const result = await rewrap(needs, onProgress);
  const { versions, signingKeys, auditKeys, stuck, left } = result;
  const counts = { versions, signingKeys, auditKeys, unopenable: stuck, left };
  const outcome = stuck + left === 0 ? 'DONE' : 'FAILED';
  await operatorAudit(needs).record(keyringEvent(needs.keyring.current(), { rewrapped: counts }), outcome);
  return result;
}

/**
 * Takes a key on which nothing hangs out of the keyring file for good. `onWait` hears for how long it first waits.
 * @throws Conflict for the current key, and while anything hangs on it
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
    await assertFree(needs, keyId);
    // INVARIANT: a gateway looks at the file whenever it wraps, so what it wraps once another key stands in front is not under
    // this one; but a transaction that wrapped before may still be about to commit. Count again when it cannot be any more.
    const wait = SETTLED_MS - age(file, needs.clock);
    if (wait > 0) {
      onWait(wait);
      await sleep(wait);
      await assertFree(needs, keyId);
    }
    return { result: undefined, event: removal };
  });
  await audit.recordIfThrown(removal, () => removeKey(file, keyId));
}

/** @throws Conflict unless `keyId` may be taken out of the keyring */
export async function assertFree({ database, keyring }: RotationDeps, keyId: string): Promise<void> {
  if (keyring.current() === keyId)
    throw new Conflict(`${keyId} is the current key of ${keyring.source}: rotate first.`);
  const usage = (await keyUsage(database)).get(keyId) ?? UNUSED;
  const hanging: string[] = [];
  if (dataKeys(usage) > 0) {
    hanging.push(
      `${counted(usage)}: \`npm run keys -- rewrap\` takes them to the current key. A version that does not open can be destroyed.`,
    );
  }
  if (usage.accessKeys > 0) {
    const named = await accessKeysUnder(database, keyId, MOST_NAMED);
    const more = usage.accessKeys > named.length ? `, and ${usage.accessKeys - named.length} more` : '';
    hanging.push(
      `${plural(usage.accessKeys, 'access key')}: each moves to the current key at its next sign-in. Delete those that are not used any more: ` +
        named
          .map(({ id, application, lastUsedAt }) => {
            const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString().slice(0, 10)}`;
            return `${outsideId('ACCESS_KEY', id)} of ${JSON.stringify(application)} (${used})`;
          })
          .join(', ') +
        `${more}.`,
    );
  }
  if (hanging.length > 0) throw new Conflict(`${keyId} is still needed.\n  ${hanging.join('\n  ')}`);
}

export function counted({ versions, signingKeys, auditKeys }: Counts): string {
  const parts = [
    versions > 0 ? plural(versions, 'version') : '',
    signingKeys > 0 ? plural(signingKeys, 'signing key') : '',
    auditKeys > 0 ? plural(auditKeys, 'audit key') : '',
  ];
  return parts.filter((part) => part !== '').join(' and ') || 'nothing';
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** How long the current key of the file has been there; 0 if its date is none or is to come. */
function age(file: string, clock: Clock): number {
  const since = Date.parse(describeKeys(file)[0]?.createdAt ?? '');
  return Number.isNaN(since) ? 0 : Math.max(0, clock.now().getTime() - since);
}

function keyringEvent(keyId: string, changes: Record<string, unknown>): NewEvent {
  const subject: EventSubject = { kind: 'KEYRING', id: keyId, name: keyId };
  return { action: 'KEYRING_ROTATE', subject, changes };
}

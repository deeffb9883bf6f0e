import type { Transaction } from '../database/client.ts';

/**
 * Raises the access epoch, which invalidates cached entitlements.
 *
 * INVARIANT: every transaction that changes cached entitlements calls this function first. Cached entitlements depend on a principal's name, roles,
 * memberships and grants on tags, on a group's name, on the active state and token generation of a user, an application or an access key, and on a
 * signing key. Without the call, access that was removed continues to work.
 *
 * The row of the epoch stays locked until the transaction ends. So such transactions run one after another, and a check over all principals (the last
 * administrator) sees all earlier changes.
 */
export async function raiseEpoch(tx: Transaction): Promise<void> {
  await tx.query('UPDATE access_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch');
}

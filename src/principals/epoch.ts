import type { Transaction } from '../database/client.ts';

/**
 * Raises the access epoch, which invalidates cached entitlements.
 *
 * INVARIANT: every transaction that changes cached entitlements calls this function first. The statement in src/access/grant-kind.ts raises the epoch
 * itself, and locks the row of the epoch without waiting. Cached entitlements depend on: (1) the name, roles,
 * memberships and grants on tags of a principal; (2) the name of a group; (3) whether a user, application or access key is active, and its token
 * generation; (4) signing keys. Without this call, a principal would still have access that was removed.
 *
 * The row of the epoch stays locked until the transaction ends. Therefore transactions that raise the epoch run one after another. A check over all
 * principals, such as the check for a last administrator, then sees the changes of all earlier transactions.
 */
export async function raiseEpoch(tx: Transaction): Promise<void> {
  await tx.query('UPDATE access_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch');
}

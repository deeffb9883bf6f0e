import type { Transaction } from '../database/client.ts';

/**
 * Raises the epoch. Every transaction that changes cached entitlements raises the epoch first. Entitlements change with a principal's name, roles,
 * memberships and grants on tags, with the name of a group, with whether a user, an application or an access key is active, with the generation
 * of its tokens, and with whether a signing key is valid. If a transaction does not raise the epoch, revoked access continues to work. The row
 * stays locked until the transaction ends: such changes happen one after the other, and a check of them all (the last administrator) sees every
 * earlier change.
 */
export async function raiseEpoch(tx: Transaction): Promise<void> {
  await tx.query('UPDATE access_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch');
}

import type { Transaction } from '../database/client.ts';

/**
 * Raises the epoch: to be done first in every transaction that changes what is remembered of a principal (roles, memberships,
 * grants on tags, whether a user or key is active). The row stays locked until the transaction ends, so such changes happen one
 * after the other, and a check of them all (the last administrator) sees every one before it.
 */
export async function raiseEpoch(tx: Transaction): Promise<void> {
  await tx.query('UPDATE access_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch');
}

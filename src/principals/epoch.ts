import type { Transaction } from '../database/client.ts';

/**
 * Raises the epoch: to be done first in every transaction that changes what `standings` remembers of a principal: its name, roles, memberships and
 * grants on tags, the name of a group, whether a user, an application or a key is active and which of its tokens hold, whether a signing key does.
 * Whoever forgets it lets what was taken away go on working. The row stays locked until the transaction ends, so such changes happen one after the
 * other, and a check of them all (the last administrator) sees every one before it.
 */
export async function raiseEpoch(tx: Transaction): Promise<void> {
  await tx.query('UPDATE access_epoch SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch');
}

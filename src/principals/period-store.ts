// Stores the periods in which a principal was active or a secret was not deleted. Queries about past access need these periods, because the tables of
// principals and secrets contain only the present state.
import { eventOf } from '../audit/event-of-change.ts';
import type { Transaction } from '../database/client.ts';
import { newId, type Uuid } from '../primitives/ids.ts';

export type PeriodKind = 'USER' | 'APPLICATION' | 'SECRET';

/**
 * Begins a period of a principal or secret, unless the object already has a period without an end. Every transaction that activates a principal or
 * creates or restores a secret calls this function.
 * INVARIANT: an object has a period without an end if and only if the principal is active or the secret is live.
 */
export async function beginPeriod(tx: Transaction, kind: PeriodKind, objectId: Uuid, now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO periods (id, object_kind, object_id, valid_from, begun_by_event)
     VALUES ($1::uuid, $2, $3::uuid, $4::timestamptz, $5::uuid)
     ON CONFLICT (object_id) WHERE valid_to IS NULL DO NOTHING`,
    [newId(), kind, objectId, now, eventOf(tx, now)],
  );
}

/**
 * Ends the current period of a principal or secret, if such a period exists. Every transaction that deactivates or deletes a principal or deletes a
 * secret calls this function.
 */
export async function endPeriod(tx: Transaction, objectId: Uuid, now: Date): Promise<void> {
  await tx.query(
    `UPDATE periods SET valid_to = $2::timestamptz, ended_by_event = $3::uuid
     WHERE object_id = $1::uuid AND valid_to IS NULL RETURNING id`,
    [objectId, now, eventOf(tx, now)],
  );
}

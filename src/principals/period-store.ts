// Since when, and until when, somebody was active or a secret live: columns say it of the present only, and questions about the past need it.
import { eventOf } from '../audit/event-of-change.ts';
import type { Transaction } from '../database/client.ts';
import { newId } from '../primitives/ids.ts';

export type PeriodKind = 'USER' | 'APPLICATION' | 'SECRET';

/**
 * Has a period begin, unless one lasts. To be done in every transaction that makes somebody active or a secret live.
 * INVARIANT: exactly what is active or live has a period without an end.
 */
export async function beginPeriod(tx: Transaction, kind: PeriodKind, objectId: string, now: Date): Promise<void> {
  await tx.query(
    `INSERT INTO periods (id, object_kind, object_id, valid_from, begun_by_event)
     VALUES ($1::uuid, $2, $3::uuid, $4::timestamptz, $5::uuid)
     ON CONFLICT (object_id) WHERE valid_to IS NULL DO NOTHING`,
    [newId(), kind, objectId, now, eventOf(tx, now)],
  );
}

/** Ends the period that lasts, if any. To be done in every transaction that stops somebody or deletes a secret. */
export async function endPeriod(tx: Transaction, objectId: string, now: Date): Promise<void> {
  await tx.query(
    `UPDATE periods SET valid_to = $2::timestamptz, ended_by_event = $3::uuid
     WHERE object_id = $1::uuid AND valid_to IS NULL RETURNING id`,
    [objectId, now, eventOf(tx, now)],
  );
}

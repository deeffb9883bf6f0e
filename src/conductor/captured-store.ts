// SQL for captured values: results of tasks that only an UPDATE_SECRET task reads. The values are sealed.
import { createHash } from 'node:crypto';
import type { SealedValue } from '../crypto/sealed-value.ts';
import type { Sql } from '../database/client.ts';

/** The place of a captured value. */
export interface CapturePlace {
  workflowId: string;
  /** The id of the task that reported the value. A retry and each iteration of a loop have ids of their own. */
  taskId: string;
  /** The reference name of the task that reported the value. */
  task: string;
  /** JSON Pointer of the value in the output of the task. */
  pointer: string;
  /** The name of the secret that gets the value. */
  secretName: string;
}

/** The number of days for which a captured value is kept if no task takes the value. */
export const DAYS_CAPTURED = 7;

/** The id of the row: the SHA-256 of the place as a JSON array, in hex. The sealed value is bound to this id. */
export function captureId({ workflowId, taskId, task, pointer, secretName }: CapturePlace): string {
  return createHash('sha256')
    .update(JSON.stringify([workflowId, taskId, task, pointer, secretName]))
    .digest('hex');
}

/** Stores a captured value. INVARIANT: the first value of a place stays, because a later report of the same task does not count in the engine. */
export async function storeCaptured(sql: Sql, place: CapturePlace, sealed: SealedValue, now: Date): Promise<void> {
  await sql.query(
    `INSERT INTO captured_values (id, workflow_id, task_id, task_reference, pointer, secret_name, ciphertext, wrapped_key, key_id, at)
     VALUES ($1, $2, $3, $4, $5, $6, $7::bytea, $8::bytea, $9, $10::timestamptz)
     ON CONFLICT (id) DO NOTHING`,
    [
      ...[captureId(place), place.workflowId, place.taskId, place.task, place.pointer, place.secretName],
      ...[sealed.ciphertext, sealed.wrappedKey, sealed.keyId, now],
    ],
  );
}

export async function findCaptured(sql: Sql, place: CapturePlace): Promise<SealedValue | undefined> {
  const [row] = await sql.query<SealedValue>(
    `SELECT ciphertext, wrapped_key AS "wrappedKey", key_id AS "keyId" FROM captured_values WHERE id = $1`,
    [captureId(place)],
  );
  return row;
}

export async function removeCaptured(sql: Sql, place: CapturePlace): Promise<void> {
  await sql.query('DELETE FROM captured_values WHERE id = $1', [captureId(place)]);
}

/** Deletes one batch of values from before `before`. Returns the number of deleted values. */
export async function forgetCaptured(sql: Sql, before: Date, batch: number): Promise<number> {
  const rows = await sql.query(
    `DELETE FROM captured_values WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM captured_values WHERE at < $1::timestamptz LIMIT $2::int)) RETURNING 1`,
    [before, batch],
  );
  return rows.length;
}

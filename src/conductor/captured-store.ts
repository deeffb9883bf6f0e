// Contains the SQL statements for captured values. A captured value is a sealed value from the result of a task that only an UPDATE_SECRET task reads.
import { createHash } from 'node:crypto';
import type { SealedValue } from '../crypto/sealed-value.ts';
import type { Sql } from '../database/client.ts';

/** Identifies a captured value by its task and by its path in the output of the task. */
export interface CapturePlace {
  workflowId: string;
  /** The id of the task that reported the value. Each retry of a task and each iteration of a loop has a different task id. */
  taskId: string;
  /** The reference name of the task that reported the value. */
  task: string;
  /** JSON Pointer of the value in the output of the task. */
  pointer: string;
  /** The name of the secret that the UPDATE_SECRET task updates with the value. */
  secretName: string;
}

/** The number of days after which the gateway deletes a captured value that no UPDATE_SECRET task has used. */
export const DAYS_CAPTURED = 7;

/**
 * Returns the id of a captured value's row. The id is the hexadecimal SHA-256 digest of a JSON array with the task, the path and the secret's name.
 * The encryption binds the sealed value to this id.
 */
export function captureId({ workflowId, taskId, task, pointer, secretName }: CapturePlace): string {
  return createHash('sha256')
    .update(JSON.stringify([workflowId, taskId, task, pointer, secretName]))
    .digest('hex');
}

/** Stores a captured value. INVARIANT: a later report never replaces a captured value, because the engine ignores later reports of the same task. */
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

/** Deletes one batch of captured values that are older than the time `before`. Returns the number of deleted values. */
export async function forgetCaptured(sql: Sql, before: Date, batch: number): Promise<number> {
  const rows = await sql.query(
    `DELETE FROM captured_values WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM captured_values WHERE at < $1::timestamptz LIMIT $2::int)) RETURNING 1`,
    [before, batch],
  );
  return rows.length;
}

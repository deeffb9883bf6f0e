// Contains the SQL statements that record which secret versions the gateway filled into which workflow tasks.
import type { Sql } from '../database/client.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { SealedVersion, SecretName } from './secret.ts';

/** The ids that the workflow engine assigns to a task and to its workflow execution. */
export interface TaskIds {
  taskId: string;
  workflowId: string;
}

/** A secret version with its sealed value. If the value was destroyed, `sealed` is null. */
export interface SealedRow {
  id: Uuid;
  name: SecretName;
  version: number;
  sealed: SealedVersion | null;
}

/** The number of days after which the gateway deletes the records. The engine usually deletes the executions sooner. */
export const DAYS_REMEMBERED = 30;

/** The secret versions that the gateway fills into one task. */
export interface HandedOut extends TaskIds {
  versions: readonly { id: Uuid; version: number }[];
}

/**
 * Records the secret versions of several tasks in one SQL statement. If a row exists already, the statement updates the time of the row at most once a
 * day.
 */
export async function remember(sql: Sql, tasks: readonly HandedOut[], now: Date): Promise<void> {
  const rows = tasks.flatMap(({ versions, ...task }) => versions.map((version) => ({ ...task, ...version })));
  // The function sorts the rows, so that concurrent statements lock the rows in the same order.
  await sql.query(
    `INSERT INTO handed_out_versions (task_id, workflow_id, secret_id, version, at)
     SELECT DISTINCT v.task_id, v.workflow_id, v.secret_id, v.version, $5::timestamptz
     FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int[]) AS v(task_id, workflow_id, secret_id, version)
     ORDER BY v.task_id, v.workflow_id, v.secret_id, v.version
     ON CONFLICT (task_id, workflow_id, secret_id, version) DO UPDATE SET at = excluded.at
       WHERE handed_out_versions.at < excluded.at - interval '1 day'`,
    [
      rows.map(({ taskId }) => taskId),
      rows.map(({ workflowId }) => workflowId),
      rows.map(({ id }) => id),
      rows.map(({ version }) => version),
      now,
    ],
  );
}

interface Row {
  id: Uuid;
  name: SecretName;
  version: number;
  ciphertext: Uint8Array | null;
  wrappedKey: Uint8Array | null;
  keyId: string | null;
}

const COLUMNS = `s.id, s.name, v.number AS version, v.ciphertext, v.wrapped_key AS "wrappedKey", v.key_id AS "keyId"`;

/** Returns the secret versions that the gateway filled into a task, including destroyed versions. */
export async function handedOutForTask(sql: Sql, taskId: string): Promise<SealedRow[]> {
  const rows = await sql.query<Row>(
    `SELECT DISTINCT ON (s.id, v.number) ${COLUMNS} FROM handed_out_versions h JOIN secrets s ON s.id = h.secret_id
     JOIN secret_versions v ON v.secret_id = h.secret_id AND v.number = h.version
     WHERE h.task_id = $1 ORDER BY s.id, v.number`,
    [taskId],
  );
  return rows.map(toSealed);
}

/**
 * Returns the secret versions that the gateway filled into tasks of these workflow executions, and all versions of the secrets with these names. The
 * function uses one SQL statement. The result excludes destroyed versions and purged secrets. Returns undefined if the sealed values have more than
 * `mostBytes` bytes together.
 */
export async function versionsToHide(
  sql: Sql,
  { workflowIds, names, mostBytes }: { workflowIds: readonly string[]; names: readonly string[]; mostBytes: number },
): Promise<SealedRow[] | undefined> {
  const rows = await sql.query<Row & { fits: boolean }>(
    `SELECT w.id, w.name, w.version, w.fits, CASE WHEN w.fits THEN w.ciphertext END AS ciphertext, w."wrappedKey", w."keyId" FROM (
       SELECT ${COLUMNS}, sum(octet_length(v.ciphertext)) OVER () <= $3::bigint AS fits
       FROM (
         SELECT h.secret_id, h.version FROM handed_out_versions h WHERE h.workflow_id = ANY($1::text[])
         UNION
         SELECT o.secret_id, o.number FROM secrets n JOIN secret_versions o ON o.secret_id = n.id
         WHERE n.name COLLATE "C" = ANY($2::text[]) AND n.purged_at IS NULL
       ) k JOIN secrets s ON s.id = k.secret_id JOIN secret_versions v ON v.secret_id = k.secret_id AND v.number = k.version
       WHERE v.ciphertext IS NOT NULL
     ) w ORDER BY w.id, w.version`,
    [workflowIds, names, mostBytes],
  );
  return rows.some(({ fits }) => !fits) ? undefined : rows.map(toSealed);
}

/** Deletes one batch of rows that are older than the time `before`. Returns the number of deleted rows. */
export async function forgetHandedOut(sql: Sql, before: Date, batch: number): Promise<number> {
  const rows = await sql.query(
    `DELETE FROM handed_out_versions WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM handed_out_versions WHERE at < $1::timestamptz LIMIT $2::int)) RETURNING 1`,
    [before, batch],
  );
  return rows.length;
}

function toSealed({ id, name, version, ciphertext, wrappedKey, keyId }: Row): SealedRow {
  const isWhole = ciphertext !== null && wrappedKey !== null && keyId !== null;
  return { id, name, version, sealed: isWhole ? { ciphertext, wrappedKey, keyId } : null };
}

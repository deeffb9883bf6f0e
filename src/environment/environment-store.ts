// SQL for environment variables.
import { accessibleVariables } from '../access/access-filter.ts';
import type { Sql, Transaction } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import type { Position } from '../primitives/pages.ts';
import type { Grant } from '../principals/principal.ts';
import type { EnvironmentVariable, VariableName, VariableView } from './environment-variable.ts';

/** A caller that reads only some variables. */
export interface VariableViewer {
  /** UUIDs of the caller and the caller's groups. Grants to these UUIDs decide which variables the caller may read. */
  subjects: readonly Uuid[];
  /** The accesses that let the caller read a variable. One of these accesses is enough to read the variable. */
  reading: readonly Access[];
  now: Date;
}

const TAGS = `ARRAY(SELECT t.tag FROM resource_tags t WHERE t.kind = 'ENV_VARIABLE' AND t.resource COLLATE "C" = v.name AND t.valid_to IS NULL
  ORDER BY t.tag COLLATE "C") AS tags`;

/** SQL condition for variables that the caller may read. If `viewer` is null, the caller may read every variable. */
function visibleWhere(viewer: VariableViewer | null, place: (value: unknown) => string): string {
  if (viewer === null) return 'true';
  return `v.name IN (${accessibleVariables({ subjects: place(viewer.subjects), now: place(viewer.now), access: place(viewer.reading) })})`;
}

/** Returns at most `limit` variables that `viewer` may read, in the order of names. */
export async function list(
  sql: Sql,
  viewer: VariableViewer | null,
  limit: number,
  after?: Position,
): Promise<(EnvironmentVariable & Position)[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const where = [visibleWhere(viewer, place)];
  if (after) where.push(`v.name COLLATE "C" > ${place(after.key)}::text`);
  return sql.query(
    `SELECT v.id, v.name AS key, v.name, v.value, ${TAGS} FROM environment_variables v
     WHERE ${where.join(' AND ')} ORDER BY v.name COLLATE "C" LIMIT ${place(limit)}::int`,
    params,
  );
}

interface Row extends Omit<VariableView, 'nameGrants'> {
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[] | null;
}

/**
 * Returns the variables with these names. Each variable contains its tags, and the grants on its name to `subjects`. One SQL statement reads all
 * these variables. The statement reads the value of a variable only if `viewer` may read the variable. The response time therefore does not depend on
 * hidden values.
 */
export async function findByNames(
  sql: Sql,
  names: readonly string[],
  subjects: readonly Uuid[],
  viewer: VariableViewer | null,
): Promise<VariableView[]> {
  const params: unknown[] = [names, subjects];
  const isVisible = visibleWhere(viewer, (value) => `$${params.push(value)}`);
  const rows = await sql.query<Row>(
    `SELECT v.name, CASE WHEN ${isVisible} THEN v.value END AS value, ${TAGS},
       (SELECT json_agg(json_build_object(
          'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
          'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
        ) ORDER BY p.id)
        FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
        WHERE p.target_kind = 'ENV_VARIABLE' AND p.target = v.name AND p.subject_id = ANY($2::uuid[]) AND p.valid_to IS NULL) AS grants
     FROM environment_variables v WHERE v.name = ANY($1::text[])`,
    params,
  );
  return rows.map(({ grants, ...row }) => ({ ...row, nameGrants: (grants ?? []).map(toGrant) }));
}

function toGrant(grant: NonNullable<Row['grants']>[number]): Grant {
  return { ...grant, expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt) };
}

/**
 * Creates an environment variable, or replaces the value of an existing variable. Several transactions may call this function for one name at the
 * same time. Returns whether the variable is new.
 */
export async function put(
  tx: Transaction,
  { name, value }: { name: VariableName; value: string },
  { by, now }: { by: Uuid; now: Date },
): Promise<{ created: boolean }> {
  const id = newId();
  const [row] = await tx.query<{ id: Uuid }>(
    `INSERT INTO environment_variables (id, name, value, created_at, created_by, updated_at, updated_by)
     VALUES ($1::uuid, $2, $3, $4::timestamptz, $5::uuid, $4::timestamptz, $5::uuid)
     ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at, updated_by = EXCLUDED.updated_by
     RETURNING id`,
    [id, name, value, now, by],
  );
  return { created: row?.id === id };
}

/** Locks a variable until the transaction ends. Returns whether the variable exists. */
export async function lock(tx: Transaction, name: VariableName): Promise<boolean> {
  const rows = await tx.query('SELECT id FROM environment_variables WHERE name = $1 FOR UPDATE', [name]);
  return rows.length > 0;
}

/** Deletes a variable and returns its value. Returns undefined if no variable has this name. */
export async function remove(tx: Transaction, name: VariableName): Promise<string | undefined> {
  const [row] = await tx.query<{ value: string }>('DELETE FROM environment_variables WHERE name = $1 RETURNING value', [
    name,
  ]);
  return row?.value;
}

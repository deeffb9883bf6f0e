// Finds gained and lost access. For each candidate of history-candidates.ts, compares the principal's access at the candidate's time with the access
// just before this time.

import { sortedAccesses } from '../../access/permission.ts';
import type { Sql } from '../../database/client.ts';
import type { Access } from '../../generated/vocabulary.ts';
import { MAX_UUID, type Uuid } from '../../primitives/ids.ts';
import { type Place, type Relation, relation } from '../entries/access-relation.ts';
import type { AccessDifference, HistoryPosition, HistoryQuestion } from './history.ts';
import { aroundMoment, candidates } from './history-candidates.ts';

/** The access differences in one batch of candidates. */
export interface HistoryBatch {
  /** The access differences, oldest first. */
  found: AccessDifference[];
  /** The position of the last candidate that was examined; undefined if all candidates were examined. */
  reached: HistoryPosition | undefined;
}

interface Row {
  horizon: Date;
  at: Date | null;
  secretId: Uuid;
  principalId: Uuid;
  before: Access[] | null;
  after: Access[] | null;
  shows: boolean | null;
}

/**
 * Examines the next `limit` candidates after `after`, in one SQL statement. `seeing` are the accesses that let a principal see a secret, or null for
 * a caller who sees all secrets. If `seeing` is not null, the result contains an access difference only if two conditions are met. The principal sees
 * the secret now, and the principal saw the secret before or after the difference.
 */
export async function differences(
  sql: Sql,
  question: HistoryQuestion,
  seeing: readonly Access[] | null,
  now: Date,
  limit: number,
  after: HistoryPosition | undefined,
): Promise<HistoryBatch> {
  const params: unknown[] = [];
  const place: Place = (value) => `$${params.push(value)}`;
  const ctes = candidates(place, question, limit, after);
  const { at, before } = aroundMoment(place, 'k.at');
  const shows =
    seeing === null ? 'true' : relation(place, { now, at: null }, null).seen('k.principal_id', 'k.secret_id', seeing);
  const rows = await sql.query<Row>(
    `WITH ${ctes}
     SELECT h.at AS horizon, k.at, k.secret_id AS "secretId", k.principal_id AS "principalId",
       ${heldAt(before)} AS before, ${heldAt(at)} AS after, ${shows} AS shows
     FROM horizon h LEFT JOIN candidates k ON true ORDER BY k.at, k.secret_id, k.principal_id`,
    params,
  );
  const found = rows.flatMap((row) => {
    if (row.at === null || row.shows !== true) return [];
    const [had, has] = [row.before ?? [], row.after ?? []];
    if (seeing !== null && ![...had, ...has].some((access) => seeing.includes(access))) return [];
    const gained = sortedAccesses(has.filter((access) => !had.includes(access)));
    const lost = sortedAccesses(had.filter((access) => !has.includes(access)));
    const { at, secretId, principalId } = row;
    return gained.length + lost.length === 0 ? [] : [{ at, secretId, principalId, gained, lost }];
  });
  const last = rows.at(-1);
  if (last === undefined) throw new Error('The statement returned no row, although `horizon` always has one row.');
  if (rows.length === limit && last.at !== null)
    return { found, reached: { at: last.at, secretId: last.secretId, principalId: last.principalId } };
  const done = last.horizon >= question.until;
  return { found, reached: done ? undefined : { at: last.horizon, secretId: MAX_UUID, principalId: MAX_UUID } };
}

/**
 * SQL of an array of accesses. For a pair `k` of a principal and a secret, the array contains the accesses of the principal to the secret at the time
 * of the relation. The SQL result is null if the principal has no access.
 */
function heldAt({ paths, active, live }: Relation): string {
  return `CASE WHEN ${active('k.principal_id')} AND ${live('k.secret_id')} THEN ${accessesOf(paths('k.principal_id', 'k.secret_id'))} END`;
}

/** SQL of an array of all accesses that at least one of the paths gives. */
export function accessesOf(paths: string): string {
  return `(SELECT array_agg(DISTINCT one.access) FROM json_array_elements(${paths}) w,
    json_array_elements_text(w -> 'access') one(access))`;
}

/**
 * Returns whether a principal exists or ever existed, and the UUIDs of the secrets that had the requested name between the two requested times. If
 * `seeing` is not null, omits secrets to which the principal now has none of the accesses in `seeing`. Sends one SQL statement.
 */
export async function resolveQuestion(
  sql: Sql,
  { principalId, secret, from, until }: { principalId: Uuid | null; secret: string | null; from: Date; until: Date },
  seeing: readonly Access[] | null,
  now: Date,
): Promise<{ principal: boolean; secretIds: Uuid[] }> {
  const params: unknown[] = [principalId, secret, from, until];
  const place: Place = (value) => `$${params.push(value)}`;
  const shows = seeing === null ? 'true' : relation(place, { now, at: null }, null).seen('$1::uuid', 's.id', seeing);
  const [row] = await sql.query<{ principal: boolean; secretIds: Uuid[] }>(
    `SELECT (SELECT true FROM users u WHERE u.id = $1::uuid UNION ALL SELECT true FROM applications a WHERE a.id = $1::uuid) IS TRUE AS principal,
       ARRAY(SELECT s.id::text FROM secrets s WHERE s.name COLLATE "C" = $2::text AND (
         SELECT true FROM periods p WHERE p.object_id = s.id AND p.valid_from <= $4::timestamptz AND (p.valid_to IS NULL OR p.valid_to >= $3::timestamptz)
         LIMIT 1) AND ${shows}) AS "secretIds"`,
    params,
  );
  return row ?? { principal: false, secretIds: [] };
}

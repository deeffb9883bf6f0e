// Finds grants that no principal has used since the requested time. Audit events show which grants were used.
import type { Authorizer } from '../../access/authorizer.ts';
import type { Permission } from '../../access/permission.ts';
import { COLUMNS, type Row, toPermission } from '../../access/permission-store.ts';
import type { Database, Sql } from '../../database/client.ts';
import { BadInput, Forbidden } from '../../errors.ts';
import type { Clock } from '../../primitives/clock.ts';
import {
  type Page,
  type PageRequest,
  type Position,
  pageBounds,
  partialPage,
  timeKey,
} from '../../primitives/pages.ts';
import { MOST_DAYS, MOST_DAYS_MS } from '../history/history.ts';
import { ALLOWS } from './needed-access.ts';

/** Lists unused grants. */
export interface UnusedPermissions {
  /**
   * Returns current grants that were made before or at `since`, and that have allowed no operation since then, newest first. A page can be short or
   * empty even if another page follows. Sends one SQL statement. @throws BadInput, Forbidden
   */
  list(since: Date, page: PageRequest): Promise<Page<Permission>>;
}

/**
 * For a page of n grants, the SQL statement examines n grants plus this number of additional grants.
 */
const MORE_EXAMINED = 100;

interface Needs {
  database: Database;
  authorizer: Authorizer;
  clock: Clock;
}

export function unusedPermissions({ database, authorizer, clock }: Needs): UnusedPermissions {
  return {
    async list(since, page) {
      const { first, after } = pageBounds(page);
      if (!authorizer.seesAll) throw new Forbidden('Only ADMIN and AUDITOR can list unused grants.');
      const now = clock.now();
      if (since > now || now.getTime() - since.getTime() > MOST_DAYS_MS)
        throw new BadInput('since', `a time in the past, at most ${MOST_DAYS} days ago`);
      const limit = first + MORE_EXAMINED;
      const examined = await examine(database, { since, now }, limit, after);
      const [lastRetired] = examined.flatMap(({ retired }) => retired ?? []);
      // Refuses a `since` in a retired month, because the retired audit events could show that a grant was used.
      if (lastRetired !== undefined && since.toISOString().slice(0, 7) <= lastRetired)
        throw new BadInput('since', `a time after ${lastRetired}, the last retired month of the audit log`);
      const unused = examined.filter(({ used }) => !used);
      const more = unused.length > first || examined.length === limit;
      const end = unused.length > first ? unused[first - 1] : examined.at(-1);
      const nodes = unused.slice(0, first).map(({ used: _, retired: __, ...row }) => toPermission(row));
      return partialPage(nodes, end ? { key: end.grantedAt.toISOString(), id: end.id } : null, more);
    },
  };
}

/** The maximum time between the timestamp in the rows of a change and the timestamp of the audit event of this change. */
const BEFORE = "interval '10 minutes'";

interface Examined extends Row {
  used: boolean;
  /**
   * The last month (`YYYY-MM`) of the audit log that was retired since `since`. Null if no month was retired since then. All rows of the result
   * contain the same value in this column.
   */
  retired: string | null;
}

/** Reads the next current grants, and whether a principal has used each grant. */
async function examine(
  sql: Sql,
  { since, now }: { since: Date; now: Date },
  limit: number,
  after: Position | undefined,
): Promise<Examined[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const start = `${place(since)}::timestamptz`;
  const next = after
    ? `AND (p.valid_from, p.id) < (${place(timeKey(after))}::timestamptz, ${place(after.id)}::uuid)`
    : '';
  const outside = (kind: string, id: string) =>
    `(CASE ${kind} WHEN 'USER' THEN 'usr_' ELSE 'app_' END || replace(${id}::text, '-', ''))`;
  /**
   * SQL for whether an audit event `e` may be a use of the grant `p`. The event must record a successful operation at or after the time `since`, and
   * the grant must allow this operation.
   */
  const allowed = `e.at >= ${start} AND e.outcome = 'DONE' AND e.action IN (
    SELECT a.action FROM unnest(${place(ALLOWS.map(({ action }) => action))}::text[], ${place(ALLOWS.map(({ access }) => access))}::text[]) a(action, access)
    WHERE a.access = ANY(p.access))`;
  // Audit events of a secret, and of grants on the secret, contain the secret's name. Over time, several secrets can have the same name. If the grant
  // is for only one of these secrets, this condition therefore compares the id of the secret.
  const onTheOne = `(p.secret_id IS NULL OR e.subject_kind <> 'SECRET' OR e.subject_id = 'sec_' || replace(p.secret_id::text, '-', ''))`;
  const carried = `(SELECT true FROM secrets s JOIN secret_tags t ON t.secret_id = s.id AND t.tag = p.target
      AND t.valid_from <= e.at AND (t.valid_to IS NULL OR t.valid_to >= e.at - ${BEFORE})
    WHERE s.name COLLATE "C" = e.subject_name LIMIT 1)`;
  return sql.query<Examined>(
    `WITH examined AS MATERIALIZED (
       SELECT p.* FROM permissions p
       WHERE p.valid_to IS NULL AND p.valid_from <= ${start} AND p.target_kind IN ('TAG', 'SECRET')
         AND (p.expires_at IS NULL OR p.expires_at > ${place(now)}::timestamptz)
         AND (p.secret_id IS NULL OR (SELECT s.deleted_at IS NULL FROM secrets s WHERE s.id = p.secret_id)) ${next}
       ORDER BY p.valid_from DESC, p.id DESC LIMIT ${place(limit)}::int
     )
     SELECT ${COLUMNS}, COALESCE((
       SELECT true FROM (
         SELECT ${outside('p.subject_kind', 'p.subject_id')} AS id, '-infinity'::timestamptz AS joined, 'infinity'::timestamptz AS gone
         WHERE p.subject_kind <> 'GROUP'
         UNION ALL SELECT ${outside('m.member_kind', 'm.member_id')}, m.valid_from, COALESCE(m.valid_to, 'infinity') FROM group_members m
         WHERE p.subject_kind = 'GROUP' AND m.group_id = p.subject_id AND (m.valid_to IS NULL OR m.valid_to >= ${start})
       ) h CROSS JOIN LATERAL (
         SELECT true FROM audit_events e
         WHERE e.actor_id = h.id AND e.at >= h.joined AND e.at <= h.gone AND ${allowed} AND e.subject_kind IN ('SECRET', 'PERMISSION')
           AND (CASE p.target_kind WHEN 'TAG' THEN ${carried} ELSE e.subject_name = p.target AND ${onTheOne} END)
         LIMIT 1
       ) u LIMIT 1), false) AS used,
       (SELECT max(e.changes::jsonb ->> 'month') FROM audit_events e
        WHERE e.action = 'AUDIT_RETIRE' AND e.outcome = 'DONE' AND e.at >= ${start}) AS retired
     FROM examined p ORDER BY p.valid_from DESC, p.id DESC`,
    params,
  );
}

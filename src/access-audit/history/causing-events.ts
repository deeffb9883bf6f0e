// Finds the audit events of changes that gave or removed access. Each database row stores the ids of the audit events that began and ended the row
// (docs/adr/0030-event-ids-in-rows.md).
import type { AuditEvent } from '../../audit/audit-event.ts';
import { findEventsById } from '../../audit/audit-store.ts';
import type { Sql } from '../../database/client.ts';
import type { Access } from '../../generated/vocabulary.ts';
import type { Uuid } from '../../primitives/ids.ts';
import { EVERY_ACCESS, type Place } from '../entries/access-relation.ts';
import type { AccessDifference } from './history.ts';
import { aroundMoment, validAround } from './history-candidates.ts';
import { accessesOf } from './history-store.ts';

/**
 * Finds the audit event that caused each access difference, in two SQL statements. The audit event is null in two cases: (1) an expiry caused the
 * difference, and no row changed; (2) the audit log no longer contains the event.
 */
export async function causingEvents(sql: Sql, all: readonly AccessDifference[]): Promise<(AuditEvent | null)[]> {
  if (all.length === 0) return [];
  const causes = Map.groupBy(await findCauses(sql, all), ({ n }) => n);
  const likely = all.map(({ gained, lost }, i) => {
    const own = causes.get(i) ?? [];
    const gave = own.filter(({ begins, access }) => begins && access?.some((name) => gained.includes(name)));
    const took = own.filter(({ begins, access }) => !begins && access?.some((name) => lost.includes(name)));
    return [...gave, ...took].flatMap(({ event }) => event ?? []);
  });
  const events = await findEventsById(sql, likely.flat());
  return likely.map((ids) => ids.flatMap((id) => events.get(id) ?? [])[0] ?? null);
}

/**
 * A row that may have caused an access difference, because the row began or ended at the time of the difference. With the row: the accesses that the
 * row gives, and the audit event whose id the row stores.
 */
interface Cause {
  /** The index of the access difference in the list of access differences. */
  n: number;
  begins: boolean;
  access: Access[] | null;
  event: Uuid | null;
}

async function findCauses(sql: Sql, all: readonly AccessDifference[]): Promise<Cause[]> {
  const params: unknown[] = [
    all.map(({ at }) => at.toISOString()),
    all.map(({ secretId }) => secretId),
    all.map(({ principalId }) => principalId),
  ];
  const place: Place = (value) => `$${params.push(value)}`;
  const { at, before } = aroundMoment(place, 'k.at');
  // A row whose begin time equals its end time never gave access.
  const changed = (x: string) =>
    `(${x}.valid_from = k.at OR ${x}.valid_to = k.at) AND ${x}.valid_from IS DISTINCT FROM ${x}.valid_to`;
  const cause = (x: string, access: string) =>
    `SELECT ${x}.valid_from = k.at AS begins, ${access} AS access,
       CASE WHEN ${x}.valid_from = k.at THEN ${x}.begun_by_event ELSE ${x}.ended_by_event END AS event`;
  const ofGroup = (group: string) =>
    `CASE WHEN m.valid_from = k.at THEN ${accessesOf(at.paths(group, 'k.secret_id'))} ELSE ${accessesOf(before.paths(group, 'k.secret_id'))} END`;
  return sql.query<Cause>(
    `SELECT k.n::int - 1 AS n, c.begins, c.access, c.event
     FROM unnest($1::timestamptz[], $2::uuid[], $3::uuid[]) WITH ORDINALITY k(at, secret_id, principal_id, n)
       CROSS JOIN LATERAL (
         WITH holders AS MATERIALIZED (
           SELECT k.principal_id AS id
           UNION SELECT m.group_id FROM group_members m WHERE m.member_id = k.principal_id AND ${validAround('m', 'k.at')}
         ), tags AS MATERIALIZED (SELECT t.tag FROM secret_tags t WHERE t.secret_id = k.secret_id AND ${validAround('t', 'k.at')})
         ${cause('p', EVERY_ACCESS)}
         FROM periods p WHERE p.object_id IN (k.secret_id, k.principal_id) AND ${changed('p')}
         UNION ALL
         ${cause('r', EVERY_ACCESS)}
         FROM holders h JOIN role_assignments r ON r.subject_id = h.id AND r.role = 'ADMIN' AND ${changed('r')}
         UNION ALL
         ${cause('m', ofGroup('m.group_id'))}
         FROM group_members m WHERE m.member_id = k.principal_id AND ${changed('m')}
         UNION ALL
         ${cause(
           't',
           `(SELECT array_agg(DISTINCT one.access) FROM holders h
               JOIN permissions p ON p.subject_id = h.id AND p.target_kind = 'TAG' AND p.target = t.tag AND ${validAround('p', 'k.at')}
               CROSS JOIN LATERAL unnest(p.access) one(access))`,
         )}
         FROM secret_tags t WHERE t.secret_id = k.secret_id AND ${changed('t')}
         UNION ALL
         ${cause('p', 'p.access')}
         FROM holders h JOIN permissions p ON p.subject_id = h.id AND ${changed('p')} AND (
           p.target_kind = 'TAG' AND p.target IN (SELECT t.tag FROM tags t)
           OR p.target_kind = 'SECRET' AND p.target = (SELECT s.name FROM secrets s WHERE s.id = k.secret_id)
             AND (p.secret_id IS NULL OR p.secret_id = k.secret_id))
       ) c`,
    params,
  );
}

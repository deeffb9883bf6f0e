// The rows that made differences, and the events that changed those rows: one statement each, for a whole page.
import type { AuditEvent, EventSubjectKind } from '../../audit/audit-event.ts';
import type { Sql } from '../../database/client.ts';
import type { Access, AuditAction, AuditOutcome } from '../../generated/vocabulary.ts';
import type { Place } from '../entries/access-relation.ts';
import { type Cause, causesOf, type Trace, tracesOf } from './attribution.ts';
import type { AccessDifference } from './history.ts';
import { aroundMoment, validAround } from './history-candidates.ts';
import { accessesOf } from './history-store.ts';

/** No transaction takes so long from when it takes the time to when it writes its event. */
const LONGEST = "interval '10 minutes'";

/** The event of each difference; null where time alone made it, or where the log has no such event. Two statements. */
export async function eventsOf(sql: Sql, all: readonly AccessDifference[]): Promise<(AuditEvent | null)[]> {
  if (all.length === 0) return [];
  const causes = await findCauses(sql, all);
  const wanted = all.flatMap(({ at, gained, lost }, i) =>
    causesOf(causes.get(i) ?? [], gained, lost).flatMap((cause, n) =>
      tracesOf(cause).map((trace) => ({ i, rank: n, at, trace })),
    ),
  );
  const found = await findTraced(sql, wanted);
  return all.map((_, i) => found.get(i) ?? null);
}

interface CauseRow {
  n: number;
  cause: Omit<Cause, 'access'> & { access: Access[] | null };
}

async function findCauses(sql: Sql, all: readonly AccessDifference[]): Promise<Map<number, Cause[]>> {
  const params: unknown[] = [
    all.map(({ at }) => at.toISOString()),
    all.map(({ secretId }) => secretId),
    all.map(({ principalId }) => principalId),
  ];
  const place: Place = (value) => `$${params.push(value)}`;
  const { at, before } = aroundMoment(place, 'k.at');
  const every = "ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE']";
  // A row that begins and ends at once never was.
  const changed = (x: string) =>
    `(${x}.valid_from = k.at OR ${x}.valid_to = k.at) AND ${x}.valid_from IS DISTINCT FROM ${x}.valid_to`;
  const begins = (x: string) => `'begins', ${x}.valid_from = k.at`;
  const ofGroup = (group: string) =>
    `CASE WHEN m.valid_from = k.at THEN ${accessesOf(at.ways(group, 'k.secret_id'))} ELSE ${accessesOf(before.ways(group, 'k.secret_id'))} END`;
  const rows = await sql.query<CauseRow>(
    `SELECT k.n::int - 1 AS n, c.cause
     FROM unnest($1::timestamptz[], $2::uuid[], $3::uuid[]) WITH ORDINALITY k(at, secret_id, principal_id, n)
       CROSS JOIN LATERAL (
         WITH holders AS MATERIALIZED (
           SELECT k.principal_id AS id
           UNION SELECT m.group_id FROM group_members m WHERE m.member_id = k.principal_id AND ${validAround('m', 'k.at')}
         ), tags AS MATERIALIZED (SELECT t.tag FROM secret_tags t WHERE t.secret_id = k.secret_id AND ${validAround('t', 'k.at')})
         SELECT json_build_object('kind', 'PERIOD', ${begins('p')}, 'access', ${every}, 'objectKind', p.object_kind, 'objectId', p.object_id) AS cause
         FROM periods p WHERE p.object_id IN (k.secret_id, k.principal_id) AND ${changed('p')}
         UNION ALL
         SELECT json_build_object('kind', 'ADMIN', ${begins('r')}, 'access', ${every}, 'subjectKind', r.subject_kind, 'subjectId', r.subject_id)
         FROM holders h JOIN role_assignments r ON r.subject_id = h.id AND r.role = 'ADMIN' AND ${changed('r')}
         UNION ALL
         SELECT json_build_object('kind', 'MEMBER', ${begins('m')}, 'access', ${ofGroup('m.group_id')},
           'groupId', m.group_id, 'memberKind', m.member_kind, 'memberId', m.member_id)
         FROM group_members m WHERE m.member_id = k.principal_id AND ${changed('m')}
         UNION ALL
         SELECT json_build_object('kind', 'TAG', ${begins('t')}, 'access', (
             SELECT array_agg(DISTINCT one.access) FROM holders h
               JOIN permissions p ON p.subject_id = h.id AND p.target_kind = 'TAG' AND p.target = t.tag AND ${validAround('p', 'k.at')}
               CROSS JOIN LATERAL unnest(p.access) one(access)),
           'secretId', t.secret_id, 'tag', t.tag)
         FROM secret_tags t WHERE t.secret_id = k.secret_id AND ${changed('t')}
         UNION ALL
         SELECT json_build_object('kind', 'GRANT', ${begins('p')}, 'access', p.access, 'id', p.id, 'subjectKind', p.subject_kind,
           'subjectId', p.subject_id, 'secretId', p.secret_id, 'target', json_build_object('kind', p.target_kind, 'text', p.target))
         FROM holders h JOIN permissions p ON p.subject_id = h.id AND ${changed('p')} AND (
           p.target_kind = 'TAG' AND p.target IN (SELECT t.tag FROM tags t)
           OR p.target_kind = 'SECRET' AND p.target = (SELECT s.name FROM secrets s WHERE s.id = k.secret_id)
             AND (p.secret_id IS NULL OR p.secret_id = k.secret_id))
       ) c`,
    params,
  );
  const grouped = Map.groupBy(rows, ({ n }) => n);
  return new Map(
    [...grouped].map(([n, own]) => [
      n,
      own.map(({ cause }) => ({ ...cause, access: cause.access ?? [] }) as unknown as Cause),
    ]),
  );
}

interface EventRow {
  n: number;
  id: string;
  at: Date;
  action: AuditAction;
  outcome: AuditOutcome;
  actor: AuditEvent['actor'];
  subjectKind: EventSubjectKind | null;
  subjectId: string | null;
  subjectName: string | null;
  version: number | null;
  changes: Record<string, unknown> | null;
  requestId: string;
  address: string | null;
}

interface Wanted {
  /** Which difference. */
  i: number;
  /** The likeliest cause has the lowest rank. If several events have the same rank, the earliest event counts. */
  rank: number;
  at: Date;
  trace: Trace;
}

async function findTraced(sql: Sql, wanted: readonly Wanted[]): Promise<Map<number, AuditEvent>> {
  if (wanted.length === 0) return new Map();
  const rows = await sql.query<EventRow>(
    `SELECT DISTINCT ON (k.i) k.i AS n, e.id, e.at, e.action, e.outcome,
       json_build_object('kind', e.actor_kind, 'id', e.actor_id, 'name', e.actor_name) AS actor,
       e.subject_kind AS "subjectKind", e.subject_id AS "subjectId", e.subject_name AS "subjectName",
       e.version, e.changes, e.request_id AS "requestId", e.address
     FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::text[], $5::text[], $6::text[]) k(i, rank, at, action, subject_id, says)
       CROSS JOIN LATERAL (
         SELECT * FROM audit_events a
         WHERE a.action = k.action AND a.at >= k.at AND a.at <= k.at + ${LONGEST} AND a.outcome = 'DONE'
           AND (k.subject_id IS NULL OR a.subject_id = k.subject_id) AND (k.says IS NULL OR a.changes::jsonb @> k.says::jsonb)
         ORDER BY a.at, a.id LIMIT 1
       ) e
     ORDER BY k.i, k.rank, e.at, e.id`,
    [
      wanted.map(({ i }) => i),
      wanted.map(({ rank }) => rank),
      wanted.map(({ at }) => at.toISOString()),
      wanted.map(({ trace }) => trace.action),
      wanted.map(({ trace }) => trace.subjectId),
      wanted.map(({ trace }) => (trace.says === null ? null : JSON.stringify(trace.says))),
    ],
  );
  return new Map(
    rows.map(({ n, subjectKind, subjectId, subjectName, ...event }) => [
      n,
      {
        ...event,
        subject: subjectKind === null ? null : { kind: subjectKind, id: subjectId ?? '', name: subjectName ?? '' },
      },
    ]),
  );
}

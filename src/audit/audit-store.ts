import type { Sql } from '../database/client.ts';
import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';
import { storable } from '../input.ts';
import { type Position, timeKey } from '../pages.ts';
import type { AuditEvent, PartyKind } from './audit-event.ts';

/** UUID of the actor is matched as its outside id, as it was written. */
export interface AuditQuery {
  actorId?: string | undefined;
  secret?: string | undefined;
  actions?: readonly AuditAction[] | undefined;
  outcome?: AuditOutcome | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
}

const INSERT = `INSERT INTO audit_events
  (id, at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, version, changes, request_id, address)
  SELECT (e->>'id')::uuid, (e->>'at')::timestamptz, e->>'action', e->>'outcome', e->'actor'->>'kind', e->'actor'->>'id', e->'actor'->>'name',
    e->'subject'->>'kind', e->'subject'->>'id', e->'subject'->>'name', (e->>'version')::int, NULLIF(e->'changes', 'null'), e->>'requestId', e->>'address'
  FROM jsonb_array_elements($1::text::jsonb) e`;

/** Writes events in one statement: all of them or none. */
export async function insertEvents(sql: Sql, events: readonly AuditEvent[]): Promise<void> {
  await sql.query(INSERT, [
    JSON.stringify(events, (_, value) => (typeof value === 'string' ? storable(value) : value)),
  ]);
}

interface Row {
  id: string;
  at: Date;
  action: AuditAction;
  outcome: AuditOutcome;
  actor_kind: PartyKind;
  actor_id: string;
  actor_name: string;
  subject_kind: PartyKind | null;
  subject_id: string | null;
  subject_name: string | null;
  version: number | null;
  changes: Record<string, unknown> | null;
  request_id: string;
  address: string | null;
}

/** Newest first, after `after`. At most `limit`. Times are written to the millisecond, so a cursor meets its row. */
export async function findEvents(
  sql: Sql,
  query: AuditQuery,
  limit: number,
  after?: Position,
): Promise<(AuditEvent & { key: string })[]> {
  const params: unknown[] = [];
  const where: string[] = [];
  const add = (condition: (place: string) => string, value: unknown) => {
    if (value === undefined) return;
    params.push(typeof value === 'string' ? storable(value) : value);
    where.push(condition(`$${params.length}`));
  };
  add((p) => `actor_id = ${p}`, query.actorId);
  add((p) => `subject_name = ${p} AND subject_kind IN ('SECRET', 'PERMISSION')`, query.secret);
  add((p) => `action = ANY(${p}::text[])`, query.actions);
  add((p) => `outcome = ${p}`, query.outcome);
  add((p) => `at >= ${p}::timestamptz`, query.from);
  add((p) => `at < ${p}::timestamptz`, query.until);
  if (after) {
    params.push(timeKey(after), after.id);
    where.push(`(at, id) < ($${params.length - 1}::timestamptz, $${params.length}::uuid)`);
  }
  params.push(limit);
  const rows = await sql.query<Row>(
    `SELECT * FROM audit_events
     ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY at DESC, id DESC LIMIT $${params.length}::int`,
    params,
  );
  return rows.map((row) => ({ ...toEvent(row), key: row.at.toISOString() }));
}

export async function findEvent(sql: Sql, id: string): Promise<AuditEvent | undefined> {
  const [row] = await sql.query<Row>('SELECT * FROM audit_events WHERE id = $1::uuid', [id]);
  return row && toEvent(row);
}

function toEvent(row: Row): AuditEvent {
  return {
    id: row.id,
    at: row.at,
    action: row.action,
    outcome: row.outcome,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name },
    subject:
      row.subject_kind === null
        ? null
        : { kind: row.subject_kind, id: row.subject_id ?? '', name: row.subject_name ?? '' },
    version: row.version,
    changes: row.changes,
    requestId: row.request_id,
    address: row.address,
  };
}

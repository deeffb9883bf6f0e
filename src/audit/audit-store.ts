// SQL statements that append, list and find audit events.
import type { Sql } from '../database/client.ts';
import type { AuditAction, AuditOutcome } from '../generated/vocabulary.ts';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import { storable } from '../primitives/input.ts';
import { type Position, timeKey } from '../primitives/pages.ts';
import type { AsOf, Change, ChangeKind, Column } from './as-of.ts';
import type { ChainedEvent, Head, StoredEvent } from './audit-chain.ts';
import type { AuditEvent, EventSubjectKind } from './audit-event.ts';
import { timeOf } from './event-id.ts';

/** The filters of a query for audit events. A returned event matches all filters of the query. */
export interface AuditQuery {
  /** The global id of the actor. */
  actorId?: GlobalIdText | undefined;
  secret?: string | undefined;
  actions?: readonly AuditAction[] | undefined;
  outcome?: AuditOutcome | undefined;
  from?: Date | undefined;
  until?: Date | undefined;
}

/** New events of a stream, and the head of the stream before these new events. */
export interface Append {
  stream: { id: Uuid; auditKeyId: Uuid; startedAt: Date; label: string };
  from: Head;
  events: readonly ChainedEvent[];
  /** The events are inserted only if all these states are current. */
  asOf: readonly AsOf[];
  /**
   * Changes of one kind, which the statement makes together with the events. Each change names the state of its decision, which is also in `asOf`. A
   * single change without a state belongs to a transaction that has already locked the rows of the change.
   */
  changes: readonly { change: Change; asOf: AsOf | undefined }[];
}

export interface Appended {
  /** False if no event was inserted, because a state is not current or because the head of the stream is not `from`. */
  appended: boolean;
  /** Those states in `asOf` that are not current. */
  stale: ReadonlySet<AsOf>;
  /** The epoch in the database when the statement started. Null if the database has no epoch. */
  epoch: number | null;
}

/** The columns of the inserted events. */
const COLUMNS: readonly (Column<ChainedEvent> | [...Column<ChainedEvent>, as: string])[] = [
  ['id', 'uuid', ({ id }) => id],
  ['at', 'timestamptz', ({ at }) => at],
  ['action', 'text', ({ action }) => action],
  ['outcome', 'text', ({ outcome }) => outcome],
  ['actor_kind', 'text', ({ actorKind }) => actorKind],
  ['actor_id', 'text', ({ actorId }) => actorId],
  ['actor_name', 'text', ({ actorName }) => actorName],
  ['subject_kind', 'text', ({ subjectKind }) => subjectKind],
  ['subject_id', 'text', ({ subjectId }) => subjectId],
  ['subject_name', 'text', ({ subjectName }) => subjectName],
  ['version', 'int', ({ version }) => version],
  ['changes', 'text', ({ changes }) => changes, 'e.changes::json'],
  ['request_id', 'text', ({ requestId }) => requestId],
  ['address', 'text', ({ address }) => address],
  ['value_hash', 'text', ({ valueHash }) => valueHash, `decode(e.value_hash, 'hex')`],
  ['facts', 'text', ({ facts }) => facts ?? null],
  ['seq', 'bigint', ({ seq }) => seq],
  ['hash', 'text', ({ hash }) => hash, `decode(e.hash, 'hex')`],
];

const after = (n: number) => `$${COLUMNS.length + n}`;
const FROM = `s.seq = ${after(4)}::bigint AND s.hash = decode(${after(5)}::text, 'hex')`;

const goesOn = (
  condition: string,
) => `UPDATE audit_streams s SET seq = ${after(2)}::bigint, hash = decode(${after(3)}::text, 'hex')
    WHERE s.id = ${after(1)}::uuid AND ${FROM} AND ${condition} RETURNING s.id`;
const begins = (condition: string) => `INSERT INTO audit_streams AS s (id, seq, hash, audit_key_id, started_at, label)
    SELECT ${after(1)}::uuid, ${after(2)}::bigint, decode(${after(3)}::text, 'hex'), ${after(10)}::uuid, ${after(11)}::timestamptz, ${after(12)}::text
    WHERE ${condition} ON CONFLICT (id) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash WHERE ${FROM} RETURNING s.id`;

// INVARIANT: the statement that inserts the events also updates the stream's row in `audit_streams`, and has an effect only if this row still has the
// expected head. Otherwise a statement with an unknown outcome could commit after a newer statement, and the chain would have two branches.
const insertEvents = (source: Source) => `INSERT INTO audit_events (stream, ${COLUMNS.map(([name]) => name).join(', ')})
    SELECT head.id, ${COLUMNS.map(([name, , , as]) => as ?? `e.${name}`).join(', ')}
    FROM (SELECT ${COLUMNS.map(([name, type], i) => `${source(`$${i + 1}`, type)} AS ${name}`).join(', ')}) e, head`;

const EPOCH = '(SELECT e.epoch FROM access_epoch e WHERE e.id = 1)';
/** SQL for the revision of a live secret. A subquery is never a join, so PostgreSQL looks up each secret by its id. */
const revisionOf = (id: string) => `(SELECT s.revision FROM secrets s WHERE s.id = ${id} AND s.deleted_at IS NULL)`;

/** SQL for the parameter at `place` as a column. One row needs scalar parameters, and several rows need one array parameter for each column. */
type Source = (place: string, type: string) => string;
const scalar: Source = (place, type) => `${place}::${type}`;
/** PostgreSQL parses arrays faster than JSON. */
const array: Source = (place, type) => `unnest(${place}::${type}[])`;

/**
 * SQL for the changes of a statement. A state is stale if the kind's `lock` finds no row: another transaction changed the row, or has locked the row.
 * INVARIANT: no statement waits for a row lock while its process has the turn, because a transaction that has the lock may wait for the turn.
 */
const changesOf = (change: Changing | undefined, source: Source, first: number) => {
  if (change === undefined) return { asked: '', stale: '', writes: '' };
  const { kind, isLocked } = change;
  const columns = [['place', 'int'], ...kind.columns] as const;
  const asked = `asked AS (SELECT ${columns.map(([name, type], i) => `${source(after(first + i), type)} AS ${name}`).join(', ')}),`;
  const writes = `, ${kind.writes}`;
  if (isLocked) return { asked, stale: '', writes };
  return {
    asked: `${asked} locked AS (SELECT a.place FROM asked a CROSS JOIN LATERAL (${kind.lock}) l),`,
    stale: 'UNION ALL SELECT a.place FROM asked a WHERE NOT EXISTS (SELECT FROM locked l WHERE l.place = a.place)',
    writes,
  };
};

/** The kind of the changes of a statement, and whether the transaction of the statement has already locked the rows of the change. */
interface Changing {
  kind: ChangeKind;
  isLocked: boolean;
}

// INVARIANT: the statement that inserts the events also compares the epoch and the revisions, and inserts nothing if a state is not current.
/** Inserts any number of events. */
const appendMany = (head: typeof goesOn, firstOfChange: number, change?: Changing) => {
  const { asked, stale, writes } = changesOf(change, array, firstOfChange);
  return `WITH ${asked} stale AS (
    SELECT a.place FROM unnest(${after(6)}::int[]) WITH ORDINALITY a(epoch, place) WHERE a.epoch IS DISTINCT FROM ${EPOCH}
    UNION ALL
    SELECT a.place FROM unnest(${after(7)}::bigint[], ${after(8)}::uuid[], ${after(9)}::int[]) a(place, id, revision)
    WHERE a.revision IS DISTINCT FROM ${revisionOf('a.id')}
    ${stale}
  ), head AS (
    ${head('NOT EXISTS (SELECT FROM stale)')}
  ), written AS (
    ${insertEvents(array)}
  ) ${writes} SELECT EXISTS (SELECT FROM head) AS appended, ARRAY(SELECT place::int FROM stale) AS stale, ${EPOCH} AS epoch`;
};

/** Inserts one event whose state has at most one secret. PostgreSQL needs half the time of `appendMany`. */
const appendOne = (change?: Changing) => {
  const { asked, stale, writes } = changesOf(change, scalar, 9);
  return `WITH ${asked} stale AS (
    SELECT 1 AS place WHERE (${after(6)}::int IS NOT NULL AND ${after(6)}::int IS DISTINCT FROM ${EPOCH})
      OR (${after(7)}::uuid IS NOT NULL AND ${after(8)}::int IS DISTINCT FROM ${revisionOf(`${after(7)}::uuid`)})
    ${stale}
  ), head AS (
    ${goesOn('NOT EXISTS (SELECT FROM stale)')}
  ), written AS (
    ${insertEvents(scalar)}
  ) ${writes} SELECT EXISTS (SELECT FROM head) AS appended, ARRAY(SELECT place FROM stale) AS stale, ${EPOCH} AS epoch`;
};

const makeStatements = (change?: Changing) => ({
  first: appendMany(begins, 13, change),
  next: appendMany(goesOn, 10, change),
  one: appendOne(change),
});
type Statements = ReturnType<typeof makeStatements>;
const WITHOUT_CHANGES = makeStatements();
const withChanges = { asOf: new WeakMap<ChangeKind, Statements>(), locked: new WeakMap<ChangeKind, Statements>() };

function statementsFor(changes: Append['changes']): Statements {
  const [first] = changes;
  if (first === undefined) return WITHOUT_CHANGES;
  const isLocked = first.asOf === undefined;
  const known = isLocked ? withChanges.locked : withChanges.asOf;
  const { kind } = first.change;
  const statements = known.get(kind) ?? makeStatements({ kind, isLocked });
  known.set(kind, statements);
  return statements;
}

/** Inserts events and makes their changes, in one statement. */
export async function appendEvents(sql: Sql, { stream, from, events, asOf, changes }: Append): Promise<Appended> {
  const [first] = events;
  const last = events.at(-1);
  if (first === undefined || last === undefined) throw new Error('No audit event to append.');
  const kind = changes[0]?.change.kind;
  const statements = statementsFor(changes);
  const head = [stream.id, last.seq, last.hash, from.seq, from.hash];
  // The changes compare the revisions of their secrets themselves, when they lock the secrets.
  const changing = new Set(changes.map((change) => change.asOf));
  const [only] = asOf;
  const isOne = from.seq > 0 && events.length === 1 && asOf.length <= 1 && (only?.secrets.length ?? 0) <= 1;
  const append = async (text: string, params: readonly unknown[]): Promise<Appended> => {
    const [row] = await sql.query<{ appended: boolean; stale: number[]; epoch: number | null }>(text, params);
    if (row === undefined) throw new Error('The statement that appends audit events returned no row.');
    const { appended, stale, epoch } = row;
    return { appended, stale: new Set(stale.flatMap((place) => asOf[place - 1] ?? [])), epoch };
  };
  if (isOne) {
    const secret = only === undefined || changing.has(only) ? undefined : only.secrets[0];
    return append(statements.one, [
      ...COLUMNS.map(([, , of]) => of(first)),
      ...head,
      ...[only?.epoch ?? null, secret?.id ?? null, secret?.revision ?? null],
      ...changes.flatMap(({ change }) => [1, ...change.kind.columns.map(([, , of]) => of(change.row))]),
    ]);
  }
  const states = asOf.flatMap((state, i) =>
    changing.has(state) ? [] : state.secrets.map(({ id, revision }) => ({ place: i + 1, id, revision })),
  );
  const columnOf = <Row>([, type, of]: Column<Row>, rows: readonly Row[]) =>
    (type === 'text' ? arrayOfText : arrayOf)(rows.map(of));
  const rows = changes.map(({ change }) => change.row);
  return append(from.seq === 0 ? statements.first : statements.next, [
    ...COLUMNS.map((column) => columnOf(column as Column<ChainedEvent>, events)),
    ...head,
    arrayOf(asOf.map(({ epoch }) => epoch)),
    arrayOf(states.map(({ place }) => place)),
    arrayOf(states.map(({ id }) => id)),
    arrayOf(states.map(({ revision }) => revision)),
    ...(from.seq === 0 ? [stream.auditKeyId, stream.startedAt, stream.label] : []),
    ...(kind === undefined
      ? []
      : [
          arrayOf(changes.map((change) => (change.asOf === undefined ? 0 : asOf.indexOf(change.asOf) + 1))),
          ...kind.columns.map((column) => columnOf(column, rows)),
        ]),
  ]);
}

/** Returns the head of a stream. Returns undefined if the table of streams has no row for the stream. */
export async function findHead(sql: Sql, stream: Uuid): Promise<Head | undefined> {
  const [row] = await sql.query<{ seq: string; hash: string }>(
    `SELECT seq::text, encode(hash, 'hex') AS hash FROM audit_streams WHERE id = $1::uuid`,
    [stream],
  );
  return row && { seq: Number(row.seq), hash: row.hash };
}

/** Creates the partition of a month such as `2026-11` if the partition does not exist. */
export async function makePartition(sql: Sql, month: string): Promise<void> {
  await sql.query('SELECT make_audit_partition($1::text::date)::text', [`${month}-01`]);
}

/** Creates the partitions of the current month and the following two months, so that no event has to wait until its partition is created. */
export async function makePartitionsAhead(sql: Sql, now: Date): Promise<void> {
  for (let ahead = 0; ahead <= 2; ahead += 1) {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead));
    await makePartition(sql, month.toISOString().slice(0, 7));
  }
}

/** Converts an event to exactly the strings that the database will store. */
export function toStored(event: AuditEvent): StoredEvent {
  const { actor, subject, changes } = event;
  return {
    id: event.id,
    at: `${event.at.toISOString().slice(0, -1)}000Z`,
    action: event.action,
    outcome: event.outcome,
    actorKind: actor.kind,
    actorId: storable(actor.id),
    actorName: storable(actor.name),
    subjectKind: subject === null ? null : subject.kind,
    subjectId: subject === null ? null : storable(subject.id),
    subjectName: subject === null ? null : storable(subject.name),
    version: event.version,
    changes:
      changes === null
        ? null
        : JSON.stringify(changes, (_, value) => (typeof value === 'string' ? storable(value) : value)),
    requestId: storable(event.requestId),
    address: event.address === null ? null : storable(event.address),
    valueHash: event.valueHash ?? null,
  };
}

/**
 * Converts a stored row to an audit event. If a person changed the row directly in the database, the action of the event can be any string, and the
 * time of the event can be invalid.
 */
export function fromStored(stored: StoredEvent): AuditEvent {
  const { id, version, requestId, address, changes, subjectKind, subjectId, subjectName } = stored;
  return {
    id,
    at: new Date(stored.at),
    action: stored.action as AuditAction,
    outcome: stored.outcome as AuditOutcome,
    actor: { kind: stored.actorKind as EventSubjectKind, id: stored.actorId, name: stored.actorName },
    subject:
      subjectKind === null
        ? null
        : { kind: subjectKind as EventSubjectKind, id: subjectId ?? '', name: subjectName ?? '' },
    version,
    changes: changes === null ? null : JSON.parse(changes),
    requestId,
    address,
  };
}

interface Row {
  id: Uuid;
  at: Date;
  action: AuditAction;
  outcome: AuditOutcome;
  actor_kind: EventSubjectKind;
  actor_id: GlobalIdText;
  actor_name: string;
  subject_kind: EventSubjectKind | null;
  subject_id: GlobalIdText | null;
  subject_name: string | null;
  version: number | null;
  changes: Record<string, unknown> | null;
  request_id: string;
  address: string | null;
}

/**
 * Returns at most `limit` audit events after the position `after`, newest first. Stored times are whole milliseconds, so the time in a cursor equals
 * the stored time of the event exactly.
 */
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

/** Finds an event by its id. The id contains the time of the event, so the statement can use the primary key, which consists of time and id. */
export async function findEvent(sql: Sql, id: Uuid): Promise<AuditEvent | undefined> {
  const [row] = await sql.query<Row>('SELECT * FROM audit_events WHERE at = $2::timestamptz AND id = $1::uuid', [
    id,
    timeOf(id),
  ]);
  return row && toEvent(row);
}

/** Finds the events with these ids. The keys of the returned map are the ids. */
export async function findEventsById(sql: Sql, ids: readonly Uuid[]): Promise<Map<Uuid, AuditEvent>> {
  if (ids.length === 0) return new Map();
  const unique = [...new Set(ids)];
  const rows = await sql.query<Row>(
    'SELECT e.* FROM unnest($1::uuid[], $2::timestamptz[]) k(id, at) JOIN audit_events e ON e.at = k.at AND e.id = k.id',
    [unique, unique.map((id) => timeOf(id).toISOString())],
  );
  return new Map(rows.map((row) => [row.id, toEvent(row)]));
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

// These functions write arrays in PostgreSQL's text format. The functions are faster than `pg`, because `pg` examines the type of each array element.

/** An array of elements that need no quotes: numbers, UUIDs, times, hex. */
function arrayOf(members: readonly (string | number | null)[]): string {
  return `{${members.map((member) => member ?? 'NULL').join(',')}}`;
}

function arrayOfText(members: readonly (string | number | null)[]): string {
  return `{${members.map((member) => (member === null ? 'NULL' : quoted(String(member)))).join(',')}}`;
}

function quoted(text: string): string {
  return `"${text.includes('"') || text.includes('\\') ? text.replace(/["\\]/g, '\\$&') : text}"`;
}

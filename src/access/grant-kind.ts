// Changes the grants of a subject on a target, in the same statement that writes the audit event of the change.
import type { Change, ChangeKind } from '../audit/as-of.ts';
import { grantFact } from '../audit/facts.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Entry } from '../principals/directory.ts';
import type { GranteeKind } from '../principals/principal.ts';
import type { Permission, Target } from './permission.ts';
import type { GrantChanges } from './permission-changes.ts';
import { TABLES } from './permission-store.ts';

interface Row {
  subject: Entry;
  target: Target;
  /** The secret about which the caller decided. Null if the caller may change all grants on the target. */
  secret: { id: Uuid; revision: number } | null;
  /** All current grants of the subject on the target. */
  held: readonly Permission[];
  changes: GrantChanges;
  event: Uuid;
  at: Date;
  raisesEpoch: boolean;
}

const ids = (grants: readonly Permission[]) => JSON.stringify(grants.map(({ id }) => id));
const idsIn = (column: string) => `ARRAY(SELECT i.id::uuid FROM json_array_elements_text(${column}::json) AS i(id))`;

const LOCK_SUBJECT = `CASE a.subject_kind ${(Object.entries(TABLES) as [GranteeKind, string][])
  .map(
    ([kind, table]) => `WHEN '${kind}' THEN EXISTS (
      SELECT FROM ${table} x WHERE x.id = a.subject AND x.deleted_at IS NULL FOR NO KEY UPDATE SKIP LOCKED)`,
  )
  .join(' ')} END`;
const LIVE = `s.name COLLATE "C" = a.target AND s.deleted_at IS NULL`;

const kindOf = (raisesEpoch: boolean): ChangeKind<Row> => ({
  changesAccess: true,
  columns: [
    ['subject', 'uuid', ({ subject }) => subject.id],
    ['subject_kind', 'text', ({ subject }) => subject.kind],
    ['target_kind', 'text', ({ target }) => target.kind],
    ['target', 'text', ({ target }) => target.text],
    ['secret', 'uuid', ({ secret }) => secret?.id ?? null],
    ['revision', 'int', ({ secret }) => secret?.revision ?? null],
    ['held', 'text', ({ held }) => ids(held)],
    ['ended', 'text', ({ changes }) => ids(changes.ended)],
    ['begun', 'text', ({ changes }) => JSON.stringify(changes.begun)],
    ['event', 'uuid', ({ event }) => event],
    ['at', 'timestamptz', ({ at }) => at.toISOString()],
  ],
  // A trigger of `permissions` raises the revision of the live secret with the name, so the statement locks this secret too.
  lock: `SELECT FROM (SELECT 1) one WHERE ${LOCK_SUBJECT}
    AND CASE WHEN a.target_kind <> 'SECRET' THEN true
      WHEN a.secret IS NULL THEN NOT EXISTS (SELECT FROM secrets s WHERE ${LIVE})
        OR EXISTS (SELECT FROM secrets s WHERE ${LIVE} FOR NO KEY UPDATE SKIP LOCKED)
      ELSE EXISTS (SELECT FROM secrets s WHERE ${LIVE} AND s.id = a.secret AND s.revision = a.revision FOR NO KEY UPDATE SKIP LOCKED) END
    ${raisesEpoch ? 'AND EXISTS (SELECT FROM access_epoch e WHERE e.id = 1 FOR NO KEY UPDATE SKIP LOCKED)' : ''}
    AND ARRAY(SELECT p.id FROM permissions p WHERE p.subject_id = a.subject AND p.target_kind = a.target_kind AND p.target = a.target
      AND p.valid_to IS NULL ORDER BY p.id) = ${idsIn('a.held')}
    AND (SELECT count(*) FROM (
      SELECT FROM permissions p WHERE p.id = ANY(${idsIn('a.ended')}) AND p.valid_to IS NULL FOR NO KEY UPDATE SKIP LOCKED
    ) l) = json_array_length(a.ended::json)`,
  // An extended grant replaces the ended grant under the same key of a unique index, so the statement ends grants before it begins grants.
  writes: `${raisesEpoch ? 'raised AS (UPDATE access_epoch e SET epoch = e.epoch + 1 FROM head WHERE e.id = 1),' : ''} ended AS (
    UPDATE permissions p SET valid_to = a.at, ended_by_event = a.event
    FROM asked a, head WHERE p.id = ANY(${idsIn('a.ended')}) AND p.valid_to IS NULL RETURNING p.id
  ), begun AS (
    INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, secret_id, access, expires_at, granted_by, valid_from, begun_by_event)
    SELECT g.id, a.subject_kind, a.subject, a.target_kind, a.target, g."secretId", g.access, g."expiresAt", g."grantedBy", a.at, a.event
    FROM (SELECT count(*) FROM ended) first CROSS JOIN asked a CROSS JOIN head CROSS JOIN LATERAL json_to_recordset(a.begun::json)
      AS g(id uuid, "secretId" uuid, access text[], "expiresAt" timestamptz, "grantedBy" uuid)
  )`,
});

const GRANTS = kindOf(false);
/**
 * INVARIANT: a change of grants on a tag never shares a statement with a change of grants on a secret, because the second change may need the access that
 * the first change ends. Therefore the two changes have different kinds. Changes of grants on tags may share a statement: only a principal with the role
 * ADMIN may make these changes, and a grant never gives a role.
 */
const GRANTS_THAT_RAISE_EPOCH = kindOf(true);

/** Identifies the grants on a target (see `Change`). */
export const objectOfGrants = ({ kind, text }: Target): string => `${kind} ${text}`;

/** The change of a subject's grants on a target. */
export function changeOfGrants(row: Row): Change<Row> | undefined {
  const { ended, begun } = row.changes;
  if (ended.length + begun.length === 0) return undefined;
  return {
    kind: row.raisesEpoch ? GRANTS_THAT_RAISE_EPOCH : GRANTS,
    row,
    // Two changes of grants on a secret are never in one statement, because the first change may end the access that the second change needs.
    object: objectOfGrants(row.target),
    bytes: 0,
    facts: { ended: ended.map(grantFact), begun: begun.map(grantFact) },
  };
}

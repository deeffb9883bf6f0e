// Creates, deletes and tags secrets, in the same statement that writes the audit events of these changes. secret-writes.ts has the
// change that stores a new version.
import { isClaimed } from '../access/others-access-store.ts';
import { ACCESSES, type SecretTag } from '../access/policy.ts';
import type { Change, ChangeKind } from '../audit/as-of.ts';
import { type Fact, grantFact } from '../audit/facts.ts';
import type { Sql } from '../database/client.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import { inByteOrder, type TagText } from '../primitives/tag-text.ts';
import type { Entitlements } from '../principals/principal.ts';
import type { SealedVersion, SecretName, SecretView } from './secret.ts';
import { hex, secretFact, type Tagger, versionFact } from './secret-writes.ts';

/** SQL that locks a secret. The SQL locks nothing if the secret was changed after the gateway read the secret for its decision. The change `a` has the columns `id` and `revision`. */
const LOCK_SECRET = `SELECT FROM secrets s WHERE s.id = a.id AND s.revision = a.revision AND s.deleted_at IS NULL
  FOR NO KEY UPDATE OF s SKIP LOCKED`;

interface Deletion {
  secret: SecretView;
  event: Uuid;
  at: Date;
}

// A deletion does not set the time of the secret's last change, because a restored secret must equal the secret before the deletion.
const DELETION: ChangeKind<Deletion> = {
  changesAccess: true,
  columns: [
    ['id', 'uuid', ({ secret }) => secret.id],
    ['revision', 'int', ({ secret }) => secret.revision],
    ['event', 'uuid', ({ event }) => event],
    ['at', 'timestamptz', ({ at }) => at.toISOString()],
  ],
  lock: LOCK_SECRET,
  writes: `deleted AS (
    UPDATE secrets s SET deleted_at = a.at, revision = s.revision + 1 FROM asked a, head WHERE s.id = a.id
  ), ended AS (
    UPDATE periods p SET valid_to = a.at, ended_by_event = a.event FROM asked a, head WHERE p.object_id = a.id AND p.valid_to IS NULL
  )`,
};

/** The change that deletes a secret, so that the secret can be restored. */
export function deletion(secret: SecretView, event: Uuid, at: Date): Change<Deletion> {
  return {
    kind: DELETION,
    row: { secret, event, at },
    object: secret.id,
    bytes: 0,
    facts: { ended: [secretFact(secret)], begun: [secretFact({ ...secret, deletedAt: at })] },
  };
}

/** The added tags, each with the UUID of its row, as a JSON array. */
const withIds = (tags: readonly TagText[]): string => JSON.stringify(tags.map((tag) => [newId(), tag]));

/** SQL that inserts the tags `added` of the changes `a`. */
const INSERT_TAGS = `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from, tagged_by, tagged_by_admin, begun_by_event)
    SELECT (t.tag->>0)::uuid, a.id, a.name, t.tag->>1, a.at, a.by, a.by_admin, a.event
    FROM asked a CROSS JOIN head CROSS JOIN LATERAL json_array_elements(a.added::json) AS t(tag)`;

const tagFact = (secretId: Uuid, { tag, taggedBy, taggedByAdmin }: Omit<SecretTag, 'sharesAccess'>): Fact => [
  ...(['tag', secretId, tag, taggedBy, taggedByAdmin] as const),
];

interface Retagging {
  secret: SecretView;
  added: readonly TagText[];
  removed: readonly SecretTag[];
  stamp: Tagger;
  /** The audit event that records the added tags, or the removed tags if no tag is added. */
  event: Uuid;
  /** The audit event that records the removed tags. */
  untagging: Uuid;
}

const RETAGGING: ChangeKind<Retagging> = {
  changesAccess: true,
  columns: [
    ['id', 'uuid', ({ secret }) => secret.id],
    ['revision', 'int', ({ secret }) => secret.revision],
    ['name', 'text', ({ secret }) => secret.name],
    ['added', 'text', ({ added }) => withIds(added)],
    ['removed', 'text', ({ removed }) => JSON.stringify(removed.map(({ tag }) => tag))],
    ['event', 'uuid', ({ event }) => event],
    ['untagging', 'uuid', ({ untagging }) => untagging],
    ['at', 'timestamptz', ({ stamp }) => stamp.now.toISOString()],
    ['by', 'uuid', ({ stamp }) => stamp.by],
    ['by_admin', 'boolean', ({ stamp }) => String(stamp.byAdmin)],
  ],
  lock: LOCK_SECRET,
  // The triggers of `secret_tags` raise the revision of the secret again.
  writes: `changed AS (
    UPDATE secrets s SET revision = s.revision + 1, updated_at = a.at, updated_by = a.by FROM asked a, head WHERE s.id = a.id
  ), ended AS (
    UPDATE secret_tags t SET valid_to = a.at, ended_by_event = a.untagging
    FROM asked a CROSS JOIN head CROSS JOIN LATERAL json_array_elements_text(a.removed::json) AS r(tag)
    WHERE t.secret_id = a.id AND t.tag = r.tag AND t.valid_to IS NULL
  ), tagged AS (
    ${INSERT_TAGS}
  )`,
};

/** The change that removes tags of a secret and adds tags to the secret. */
export function retagging(row: Retagging): Change<Retagging> {
  const { secret, added, removed, stamp } = row;
  return {
    kind: RETAGGING,
    row,
    object: secret.id,
    bytes: 0,
    facts: {
      ended: removed.map((tag) => tagFact(secret.id, tag)),
      begun: added.map((tag) => tagFact(secret.id, { tag, taggedBy: stamp.by, taggedByAdmin: stamp.byAdmin })),
    },
  };
}

/** A secret to create. */
export interface NewSecretRow {
  id: Uuid;
  name: SecretName;
  description: string | null;
  tags: readonly TagText[];
  expiresAt: Date | null;
  sealed: SealedVersion;
}

interface Creation extends NewSecretRow {
  /** UUID of the grant to the creator. */
  grantId: Uuid;
  creator: Pick<Entitlements, 'kind' | 'id'>;
  stamp: Tagger;
  event: Uuid;
  /** Whether the creator may use the name even if the name is claimed (see `isNameClaimed`). */
  mayUseClaimed: boolean;
}

/** The SQL function arguments of the advisory lock of a secret name. The first number distinguishes these locks from other advisory locks. */
const lockOf = (name: string) => `1936024425, hashtext(${name})`;

/**
 * Locks a secret name until the transaction ends. INVARIANT: a transaction that gives a live secret a name locks the name first. Therefore the
 * statement that creates secrets never waits for the index of the names while its process has the turn of the audit stream.
 */
export async function lockName(sql: Sql, name: string): Promise<void> {
  await sql.query(`SELECT pg_advisory_xact_lock(${lockOf('$1::text')})::text`, [name]);
}

const CREATION: ChangeKind<Creation> = {
  columns: [
    ['id', 'uuid', ({ id }) => id],
    ['name', 'text', ({ name }) => name],
    ['description', 'text', ({ description }) => description],
    ['expires_at', 'timestamptz', ({ expiresAt }) => expiresAt?.toISOString() ?? null],
    ['added', 'text', ({ tags }) => withIds(tags)],
    ['ciphertext', 'text', ({ sealed }) => hex(sealed.ciphertext)],
    ['wrapped_key', 'text', ({ sealed }) => hex(sealed.wrappedKey)],
    ['key_id', 'text', ({ sealed }) => sealed.keyId],
    ['period', 'uuid', () => newId()],
    ['grant_id', 'uuid', ({ grantId }) => grantId],
    ['event', 'uuid', ({ event }) => event],
    ['at', 'timestamptz', ({ stamp }) => stamp.now.toISOString()],
    ['by', 'uuid', ({ stamp }) => stamp.by],
    ['by_kind', 'text', ({ creator }) => creator.kind],
    ['by_admin', 'boolean', ({ stamp }) => String(stamp.byAdmin)],
    ['may_use_claimed', 'boolean', ({ mayUseClaimed }) => String(mayUseClaimed)],
  ],
  // INVARIANT: the subject of a current grant is not deleted (see `insert` in permission-store.ts).
  lock: `SELECT FROM (SELECT pg_try_advisory_xact_lock(${lockOf('a.name')}) AS locked OFFSET 0) n
    WHERE n.locked AND NOT EXISTS (SELECT FROM secrets s WHERE s.name COLLATE "C" = a.name AND s.deleted_at IS NULL)
    AND (a.may_use_claimed OR NOT ${isClaimed({ caller: 'a.by', name: 'a.name', secretId: 'a.id', since: 'NULL', now: 'a.at' })})
    AND CASE a.by_kind
      WHEN 'USER' THEN EXISTS (SELECT FROM users u WHERE u.id = a.by AND u.deleted_at IS NULL FOR KEY SHARE SKIP LOCKED)
      ELSE EXISTS (SELECT FROM applications o WHERE o.id = a.by AND o.deleted_at IS NULL FOR KEY SHARE SKIP LOCKED) END`,
  writes: `created AS (
    INSERT INTO secrets (id, name, description, current_version, expires_at, created_at, created_by, updated_at, updated_by)
    SELECT a.id, a.name, a.description, 1, a.expires_at, a.at, a.by, a.at, a.by FROM asked a, head
  ), began AS (
    INSERT INTO periods (id, object_kind, object_id, valid_from, begun_by_event)
    SELECT a.period, 'SECRET', a.id, a.at, a.event FROM asked a, head
  ), versioned AS (
    INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at, created_by)
    SELECT a.id, 1, decode(a.ciphertext, 'hex'), decode(a.wrapped_key, 'hex'), a.key_id, a.at, a.by FROM asked a, head
  ), tagged AS (
    ${INSERT_TAGS}
  ), granted AS (
    INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, secret_id, access, granted_by, valid_from, begun_by_event)
    SELECT a.grant_id, a.by_kind, a.by, 'SECRET', a.name, a.id, ARRAY[${ACCESSES.map((access) => `'${access}'`).join(', ')}], a.by, a.at, a.event
    FROM asked a, head
  )`,
};

/** The change that creates a secret with its first version, its tags and a grant to its creator. Also returns the secret that the change creates. */
export function creation(
  secret: NewSecretRow,
  { creator, stamp, event, mayUseClaimed }: Pick<Creation, 'creator' | 'stamp' | 'event' | 'mayUseClaimed'>,
): { change: Change<Creation>; secret: SecretView } {
  const { id, name, description, tags, expiresAt, sealed } = secret;
  const { by, now } = stamp;
  // The grant is for this secret only, because a later secret of the same name may have another creator.
  const grant = { id: newId(), access: [...ACCESSES], expiresAt: null };
  const created: SecretView = {
    ...{ id, name, description, expiresAt, version: 1, revision: 0, deletedAt: null, sealed: null },
    ...{ createdAt: now, createdBy: by, updatedAt: now, updatedBy: by },
    tags: inByteOrder([...tags]),
    nameGrants: [{ ...grant, tag: null, group: null }],
  };
  const granted = { subjectKind: creator.kind, subjectId: creator.id, target: { kind: 'SECRET', text: name } };
  return {
    change: {
      kind: CREATION,
      row: { ...secret, creator, stamp, event, mayUseClaimed, grantId: grant.id },
      object: name,
      bytes: sealed.ciphertext.length,
      facts: {
        ended: [],
        begun: [
          secretFact(created),
          versionFact(id, 1, sealed),
          ...tags.map((tag) => tagFact(id, { tag, taggedBy: by, taggedByAdmin: stamp.byAdmin })),
          grantFact({ ...granted, ...grant, secretId: id, grantedBy: by }),
        ],
      },
    },
    secret: created,
  };
}

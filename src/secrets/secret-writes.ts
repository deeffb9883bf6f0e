// SQL statements that write secrets, their versions and their tags, and the change that stores a new version. change-kinds.ts has the other frequent
// changes. The statements also collect the changed facts (see docs/audit-format.md), which the audit event of the change contains.
import { endOfSecret } from '../access/permission-store.ts';
import type { Change, ChangeKind } from '../audit/as-of.ts';
import { eventOf } from '../audit/event-of-change.ts';
import { endRows, type Fact, factSql, factsBegin, factsEnd, withFactsOf } from '../audit/facts.ts';
import type { Transaction } from '../database/client.ts';
import { isDuplicate } from '../database/faults.ts';
import { NameTaken } from '../errors.ts';
import { newId, type Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import { beginPeriod, endPeriod } from '../principals/period-store.ts';
import { type ChangingSecret, MOST_VERSIONS_KEPT, type SealedVersion, type SecretView } from './secret.ts';
import { hashOf } from './secret-values.ts';

/** The UUID of the principal that makes a change to a secret, and the time of the change. */
export interface By {
  by: Uuid;
  now: Date;
}

/** The principal who adds a tag, and whether the principal has ADMIN at that time. The principal and the ADMIN role decide who may remove the tag. */
export interface Tagger extends By {
  byAdmin: boolean;
}

/** The fact of the row of a secret. */
export function secretFact({
  id,
  name,
  version,
  expiresAt,
  deletedAt,
  createdBy,
}: Pick<SecretView, 'id' | 'name' | 'version' | 'expiresAt' | 'deletedAt' | 'createdBy'>): Fact {
  return ['secret', id, name, version, expiresAt?.getTime() ?? null, deletedAt?.getTime() ?? null, createdBy];
}

export function versionFact(secretId: Uuid, number: number, sealed: SealedVersion): Fact {
  return ['version', secretId, number, hashOf(sealed)];
}

/**
 * Adds a version, updates the secret, and destroys the values of versions that are too old. One prepared SQL statement does all this work, because
 * rotations are frequent.
 */
const ADD_VERSION = `WITH added AS (
    INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at, created_by)
    VALUES ($1::uuid, $2::int, $3::bytea, $4::bytea, $5::text, $6::timestamptz, $7::uuid)
  ), destroyed AS (
    UPDATE secret_versions SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = $6::timestamptz
    WHERE secret_id = $1::uuid AND number <= $8::int AND destroyed_at IS NULL
  )
  UPDATE secrets x SET current_version = $2::int, updated_at = $6::timestamptz, updated_by = $7::uuid WHERE id = $1::uuid
  RETURNING ${factSql('secrets')} AS after,
    (SELECT ${factSql('secrets')} FROM secrets x WHERE x.id = $1::uuid) AS before,
    (SELECT json_agg(${factSql('secret_versions')}) FROM secret_versions x
     WHERE x.secret_id = $1::uuid AND x.number <= $8::int AND x.destroyed_at IS NULL) AS pruned`;

/** Adds a version and makes it the current version. Destroys the values of all versions with a number up to `destroyedUpTo`. */
export async function addVersion(
  tx: Transaction,
  { secretId, number, destroyedUpTo }: { secretId: Uuid; number: number; destroyedUpTo: number },
  sealed: SealedVersion,
  { by, now }: By,
): Promise<void> {
  const { ciphertext, wrappedKey, keyId } = sealed;
  const rows = await tx.prepared.query<{ before: Fact; after: Fact; pruned: Fact[] | null }>(ADD_VERSION, [
    ...[secretId, number, ciphertext, wrappedKey, keyId, now, by, destroyedUpTo],
  ]);
  for (const { before, after, pruned } of rows) {
    factsEnd(tx, [before, ...(pruned ?? [])]);
    factsBegin(tx, [after, versionFact(secretId, number, sealed)]);
  }
}

/** A new version of a secret, decided as of the secret's revision. */
interface NewVersion extends VersionOrigin {
  secretId: Uuid;
  number: number;
  revision: number;
  sealed: SealedVersion;
  stamp: By;
}

/** The other versions on which a new version depends. */
interface VersionOrigin {
  /** The number of the version whose value is too old and is destroyed. Null if no value is destroyed. */
  destroyed: number | null;
  /** The number of the earlier version whose value the new version has. Null if the value is new. */
  source: number | null;
}

/** Stores new versions of different secrets. All rotations of a moment share one statement. */
const NEW_VERSIONS: ChangeKind<NewVersion> = {
  columns: [
    ['id', 'uuid', ({ secretId }) => secretId],
    ['revision', 'int', ({ revision }) => revision],
    ['number', 'int', ({ number }) => number],
    ['destroyed', 'int', ({ destroyed }) => destroyed],
    ['source', 'int', ({ source }) => source],
    ['ciphertext', 'text', ({ sealed }) => hex(sealed.ciphertext)],
    ['wrapped_key', 'text', ({ sealed }) => hex(sealed.wrappedKey)],
    ['key_id', 'text', ({ sealed }) => sealed.keyId],
    ['at', 'timestamptz', ({ stamp }) => stamp.now.toISOString()],
    ['by', 'uuid', ({ stamp }) => stamp.by],
  ],
  lock: `SELECT FROM secrets s WHERE s.id = a.id AND s.revision = a.revision AND s.deleted_at IS NULL
    AND (a.destroyed IS NULL OR EXISTS (SELECT FROM secret_versions v
      WHERE v.secret_id = a.id AND v.number = a.destroyed AND v.ciphertext IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED))
    AND (a.source IS NULL OR EXISTS (SELECT FROM secret_versions v
      WHERE v.secret_id = a.id AND v.number = a.source AND v.ciphertext IS NOT NULL))
    FOR NO KEY UPDATE OF s SKIP LOCKED`,
  writes: `changed AS (
    UPDATE secrets s SET current_version = a.number, revision = a.revision + 1, updated_at = a.at, updated_by = a.by
    FROM asked a, head WHERE s.id = a.id AND s.revision = a.revision
  ), added AS (
    INSERT INTO secret_versions (secret_id, number, ciphertext, wrapped_key, key_id, created_at, created_by)
    SELECT a.id, a.number, decode(a.ciphertext, 'hex'), decode(a.wrapped_key, 'hex'), a.key_id, a.at, a.by FROM asked a, head
  ), destroyed AS (
    UPDATE secret_versions v SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = a.at
    FROM asked a, head WHERE v.secret_id = a.id AND v.number = a.destroyed
  )`,
};

export const hex = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');

/** The change that stores `sealed` as the next version of `secret`. The result contains the secret as the change leaves the secret. */
export function nextVersion(
  secret: ChangingSecret,
  sealed: SealedVersion,
  stamp: By,
  source: number | null,
): { change: Change<NewVersion>; secret: ChangingSecret } {
  const { id, version, revision, oldest } = secret;
  const number = version + 1;
  const tooOld = number - MOST_VERSIONS_KEPT;
  const hash = oldest?.get(tooOld);
  return {
    change: {
      kind: NEW_VERSIONS,
      row: { secretId: id, number, revision, sealed, stamp, destroyed: hash === undefined ? null : tooOld, source },
      object: id,
      bytes: sealed.ciphertext.length,
      facts: {
        ended: [secretFact(secret), ...(hash === undefined ? [] : [['version', id, tooOld, hash] as const])],
        begun: [secretFact({ ...secret, version: number }), versionFact(id, number, sealed)],
      },
    },
    secret: { ...secret, version: number, revision: revision + 1, updatedAt: stamp.now, updatedBy: stamp.by, sealed },
  };
}

/** Destroys the values of secret versions. The rows of the versions remain in the database, but contain no values. */
export async function destroyVersions(
  tx: Transaction,
  secretId: Uuid,
  which: { number: number } | 'all',
  now: Date,
): Promise<void> {
  const rows = await tx.query<{ fact: Fact }>(
    `UPDATE secret_versions v SET ciphertext = NULL, wrapped_key = NULL, key_id = NULL, destroyed_at = $2::timestamptz
     FROM secret_versions x WHERE x.secret_id = v.secret_id AND x.number = v.number
       AND v.secret_id = $1::uuid AND v.destroyed_at IS NULL AND ($3::int IS NULL OR v.number = $3::int)
     RETURNING ${factSql('secret_versions')} AS fact`,
    [secretId, now, which === 'all' ? null : which.number],
  );
  factsEnd(
    tx,
    rows.map(({ fact }) => fact),
  );
}

export interface SecretChange {
  description?: string | null;
  expiresAt?: Date | null;
}

/**
 * Changes fields of a secret, and sets the time of the secret's last change. If only the tags of the secret changed, the calling code passes no
 * fields.
 */
export async function updateSecret(tx: Transaction, id: Uuid, change: SecretChange, { by, now }: By): Promise<void> {
  const update = () => tx.prisma.secret.update({ where: { id }, data: { ...change, updatedAt: now, updatedBy: by } });
  // No fact in an audit event contains the description of a secret.
  await (change.expiresAt === undefined ? update() : withFactsOf(tx, 'secrets', id, update));
}

// Deletion and restoration do not set the time of the secret's last change, because a restored secret must equal the secret before the deletion.

export async function markDeleted(tx: Transaction, id: Uuid, now: Date): Promise<void> {
  await withFactsOf(tx, 'secrets', id, () => tx.prisma.secret.update({ where: { id }, data: { deletedAt: now } }));
  await endPeriod(tx, id, now);
}

/** Purges a deleted secret: destroys its values, removes its tags, and revokes the grants that apply only to this secret. */
export async function purge(tx: Transaction, id: Uuid, now: Date): Promise<void> {
  await withFactsOf(tx, 'secrets', id, () => tx.prisma.secret.update({ where: { id }, data: { purgedAt: now } }));
  await destroyVersions(tx, id, 'all', now);
  await endTags(tx, id, 'all', now);
  await endOfSecret(tx, id, now);
}

/** @throws NameTaken that names `field` if a live secret has the name */
export async function markRestored(tx: Transaction, id: Uuid, now: Date, field: string): Promise<void> {
  await orNameTaken(field, () =>
    withFactsOf(tx, 'secrets', id, () => tx.prisma.secret.update({ where: { id }, data: { deletedAt: null } })),
  );
  await beginPeriod(tx, 'SECRET', id, now);
}

export async function addTags(
  tx: Transaction,
  secretId: Uuid,
  tags: readonly TagText[],
  { by, byAdmin, now }: Tagger,
): Promise<void> {
  await tx.query(
    `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from, tagged_by, tagged_by_admin, begun_by_event)
     SELECT t.id, s.id, s.name, t.tag, $4::timestamptz, $5::uuid, $6::boolean, $7::uuid
     FROM secrets s CROSS JOIN unnest($2::uuid[], $3::text[]) AS t(id, tag) WHERE s.id = $1::uuid`,
    [secretId, tags.map(() => newId()), tags, now, by, byAdmin, eventOf(tx, now)],
  );
  factsBegin(
    tx,
    tags.map((tag) => ['tag', secretId, tag, by, byAdmin]),
  );
}

/** Removes these tags of a secret, or all its tags. The database rows of the removed tags have the id of the audit event, `event`. */
export async function endTags(
  tx: Transaction,
  secretId: Uuid,
  tags: readonly TagText[] | 'all',
  now: Date,
  event: Uuid = eventOf(tx, now),
): Promise<void> {
  const which = 'x.secret_id = $2::uuid AND ($3::text[] IS NULL OR x.tag = ANY($3::text[]))';
  await endRows(tx, 'secret_tags', now, which, [secretId, tags === 'all' ? null : tags], event);
}

async function orNameTaken<T>(field: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw isDuplicate(error, 'secrets_name_live') ? new NameTaken('secret', field) : error;
  }
}

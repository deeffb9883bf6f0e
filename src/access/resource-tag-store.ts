import type { Sql, Transaction } from '../database/client.ts';
import { newId } from '../ids.ts';
import type { TaggedKind } from './tag-owner.ts';

/** Tags of several things of one kind, in order, in one statement. */
export async function findTags(
  sql: Sql,
  kind: TaggedKind,
  resources: readonly string[],
): Promise<{ resource: string; tag: string }[]> {
  return sql.query(
    `SELECT t.resource, t.tag FROM resource_tags t
     WHERE t.kind = $1 AND t.resource COLLATE "C" = ANY($2::text[]) AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C"`,
    [kind, resources],
  );
}

/** A tag on one thing. */
export interface ResourceTag {
  resource: string;
  tag: string;
}

/** Adds and ends tags of several things of one kind, in at most one statement each. */
export async function changeTags(
  tx: Transaction,
  kind: TaggedKind,
  { added, removed }: { added: readonly ResourceTag[]; removed: readonly ResourceTag[] },
  now: Date,
): Promise<void> {
  if (removed.length > 0) {
    await tx.query(
      `UPDATE resource_tags SET valid_to = $4::timestamptz FROM unnest($2::text[], $3::text[]) AS gone(resource, tag)
       WHERE resource_tags.kind = $1 AND resource_tags.resource COLLATE "C" = gone.resource AND resource_tags.tag = gone.tag
         AND resource_tags.valid_to IS NULL`,
      [kind, removed.map(({ resource }) => resource), removed.map(({ tag }) => tag), now],
    );
  }
  if (added.length > 0) {
    await tx.prisma.resourceTag.createMany({
      data: added.map(({ resource, tag }) => ({ id: newId(), kind, resource, tag, validFrom: now })),
    });
  }
}

/** Ends every tag of one thing. */
export async function endAllTags(tx: Transaction, kind: TaggedKind, resource: string, now: Date): Promise<void> {
  await tx.query(
    `UPDATE resource_tags SET valid_to = $3::timestamptz WHERE kind = $1 AND resource COLLATE "C" = $2 AND valid_to IS NULL`,
    [kind, resource, now],
  );
}

/**
 * Lets changes to the tags of things that have no rows of their own happen one after the other: a transaction that writes the same rows
 * meanwhile waits for the end of this one (the unique index of current tags), after which there never were any. No tag is the empty text.
 */
export async function lockTags(
  tx: Transaction,
  kind: TaggedKind,
  resources: readonly string[],
  now: Date,
): Promise<void> {
  const ids = resources.map(() => newId());
  // INVARIANT: in one order, so that two transactions do not wait for each other.
  const ordered = [...resources].sort();
  await tx.query(
    `INSERT INTO resource_tags (id, kind, resource, tag, valid_from)
     SELECT id, $2, resource, '', $4::timestamptz
     FROM unnest($1::uuid[], $3::text[]) WITH ORDINALITY AS locked(id, resource, at) ORDER BY at`,
    [ids, kind, ordered, now],
  );
  await tx.query('DELETE FROM resource_tags WHERE id = ANY($1::uuid[])', [ids]);
}

import type { Sql, Transaction } from '../database/client.ts';
import { type GlobalIdText, newId } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { TaggedKind } from './tag-owner.ts';

/** Reads the tags of several resources of one kind, sorted by tag, in one SQL statement. */
export async function findTags(
  sql: Sql,
  kind: TaggedKind,
  resources: readonly GlobalIdText[],
): Promise<{ resource: GlobalIdText; tag: TagText }[]> {
  return sql.query(
    `SELECT t.resource, t.tag FROM resource_tags t
     WHERE t.kind = $1 AND t.resource COLLATE "C" = ANY($2::text[]) AND t.valid_to IS NULL ORDER BY t.tag COLLATE "C"`,
    [kind, resources],
  );
}

/** A tag of one resource. */
export interface ResourceTag {
  resource: GlobalIdText;
  tag: TagText;
}

/** Adds and removes tags of several resources of one kind. Sends at most one statement that adds tags and one statement that removes tags. */
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

/** Removes every tag of one resource. */
export async function endAllTags(tx: Transaction, kind: TaggedKind, resource: GlobalIdText, now: Date): Promise<void> {
  await tx.query(
    `UPDATE resource_tags SET valid_to = $3::timestamptz WHERE kind = $1 AND resource COLLATE "C" = $2 AND valid_to IS NULL`,
    [kind, resource, now],
  );
}

/**
 * Locks the tags of resources, such as workflow definitions, that have no database row to lock. The function inserts a row with an empty tag for each
 * resource and deletes this row again. If a second transaction inserts an equal row, the unique index of current tags makes the second transaction
 * wait until the first transaction ends. A real tag is never empty.
 */
export async function lockTags(
  tx: Transaction,
  kind: TaggedKind,
  resources: readonly GlobalIdText[],
  now: Date,
): Promise<void> {
  const ids = resources.map(() => newId());
  // INVARIANT: the function inserts the rows in sorted order, so that two transactions cannot deadlock.
  const ordered = [...resources].sort();
  await tx.query(
    `INSERT INTO resource_tags (id, kind, resource, tag, valid_from)
     SELECT id, $2, resource, '', $4::timestamptz
     FROM unnest($1::uuid[], $3::text[]) WITH ORDINALITY AS locked(id, resource, at) ORDER BY at`,
    [ids, kind, ordered, now],
  );
  await tx.query('DELETE FROM resource_tags WHERE id = ANY($1::uuid[])', [ids]);
}

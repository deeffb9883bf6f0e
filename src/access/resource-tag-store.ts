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

export async function addTags(
  tx: Transaction,
  kind: TaggedKind,
  resource: string,
  tags: readonly string[],
  now: Date,
): Promise<void> {
  await tx.prisma.resourceTag.createMany({
    data: tags.map((tag) => ({ id: newId(), kind, resource, tag, validFrom: now })),
  });
}

export async function endTags(
  tx: Transaction,
  kind: TaggedKind,
  resource: string,
  tags: readonly string[] | 'all',
  now: Date,
): Promise<void> {
  await tx.query(
    `UPDATE resource_tags SET valid_to = $4::timestamptz
     WHERE kind = $1 AND resource COLLATE "C" = $2 AND valid_to IS NULL AND ($3::text[] IS NULL OR tag = ANY($3::text[]))`,
    [kind, resource, tags === 'all' ? null : [...tags], now],
  );
}

/**
 * Lets changes to the tags of a thing that has no row of its own happen one after the other: whoever writes the same row meanwhile waits
 * for the end of this transaction (the unique index of current tags), after which there never was one. No tag is the empty text.
 */
export async function lockTags(tx: Transaction, kind: TaggedKind, resource: string, now: Date): Promise<void> {
  const id = newId();
  await tx.query(
    `INSERT INTO resource_tags (id, kind, resource, tag, valid_from) VALUES ($1::uuid, $2, $3, '', $4::timestamptz)`,
    [id, kind, resource, now],
  );
  await tx.query('DELETE FROM resource_tags WHERE id = $1::uuid', [id]);
}

// Lists of tags on applications, environment variables, workflow definitions and task definitions.
import { accessibleVariables, visibleApplications } from '../access/access-filter.ts';
import type { TaggedKind } from '../access/tag-owner.ts';
import type { Sql } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { PlainOr } from '../primitives/brand.ts';
import type { GlobalIdText, Uuid } from '../primitives/ids.ts';
import type { Position } from '../primitives/pages.ts';
import type { TagText } from '../primitives/tag-text.ts';

/**
 * The caller who lists tags. The list contains only resources that the caller sees. Every caller sees the tags on workflow definitions and task
 * definitions.
 */
export interface TagViewer {
  /** UUID of a caller that sees only itself and the applications that it created. If null, the caller sees every application. */
  applicationsOf: Uuid | null;
  /** The data that decides which environment variables the caller sees. If null, the caller sees every variable. */
  variables: { subjects: readonly Uuid[]; reading: readonly Access[]; now: Date } | null;
}

/** SQL condition for current tags on resources that the caller sees. */
function visibleWhere({ applicationsOf, variables }: TagViewer, place: (value: unknown) => string): string {
  const where = ['t.valid_to IS NULL'];
  if (applicationsOf !== null) {
    where.push(`(t.kind <> 'APPLICATION' OR t.resource IN (${visibleApplications(place(applicationsOf))}))`);
  }
  if (variables !== null) {
    const { subjects, now, reading } = variables;
    where.push(
      `(t.kind <> 'ENV_VARIABLE' OR t.resource IN (${accessibleVariables({ subjects: place(subjects), now: place(now), access: place(reading) })}))`,
    );
  }
  return where.join(' AND ');
}

export interface TagCount {
  kind: TaggedKind;
  tag: TagText;
  /** The number of resources that are of this kind, have this tag, and are visible to the caller. */
  count: number;
}

/**
 * Counts the resources for each kind and tag. The counts are sorted by kind, then by tag. Returns at most `limit` counts, starting after the kind and
 * tag `after`.
 */
export async function countTags(
  sql: Sql,
  viewer: TagViewer,
  limit: number,
  after?: { kind: string; tag: PlainOr<'TagText'> },
): Promise<TagCount[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const where = [visibleWhere(viewer, place)];
  if (after) {
    where.push(`(t.kind COLLATE "C", t.tag COLLATE "C") > (${place(after.kind)}::text, ${place(after.tag)}::text)`);
  }
  return sql.query(
    `SELECT t.kind, t.tag, count(*)::int AS count FROM resource_tags t WHERE ${where.join(' AND ')}
     GROUP BY t.kind, t.tag ORDER BY t.kind COLLATE "C", t.tag COLLATE "C" LIMIT ${place(limit)}::int`,
    params,
  );
}

/** Returns the names or global ids of at most `limit` resources with a tag. */
export async function listTagged(
  sql: Sql,
  viewer: TagViewer,
  { kind, tag }: { kind: TaggedKind; tag: TagText },
  limit: number,
  after?: Position,
): Promise<GlobalIdText[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const where = [visibleWhere(viewer, place), `t.kind = ${place(kind)}`, `t.tag COLLATE "C" = ${place(tag)}`];
  if (after) where.push(`t.resource COLLATE "C" > ${place(after.key)}::text`);
  const rows = await sql.query<{ resource: GlobalIdText }>(
    `SELECT t.resource FROM resource_tags t WHERE ${where.join(' AND ')} ORDER BY t.resource COLLATE "C" LIMIT ${place(limit)}::int`,
    params,
  );
  return rows.map((row) => row.resource);
}

// Finds every pair of a principal and a secret for which a change could affect the principal's access to the secret. A simulation calls
// `affectedPairs` before it makes the change.
import type { Target } from '../../access/permission.ts';
import type { Transaction } from '../../database/client.ts';
import type { Uuid } from '../../primitives/ids.ts';
import type { TagText } from '../../primitives/tag-text.ts';
import { type AccessEntryPath, toEntry } from '../entries/access-entry.ts';
import { relation } from '../entries/access-relation.ts';

/** A pair of a principal and a secret. */
export interface Pair {
  principalId: Uuid;
  secretId: Uuid;
}

/** The principals whose access a change could affect. All ids are UUIDs. */
export type AffectedPrincipals =
  /** The id of a principal or a group. With a group, the change affects all members of the group. */
  | { subjectId: Uuid }
  /** Tags. With tags, the change affects every subject of a grant on one of the tags. */
  | { grantedOn: readonly TagText[] };

/**
 * The secrets to which a change could affect access. All ids are UUIDs. `reachedBy` is the id of a subject, and selects the secrets to which this
 * subject has access.
 */
export type AffectedSecrets = { secretId: Uuid } | { target: Target } | 'every' | { reachedBy: Uuid };

/**
 * SQL for the subjects `x.id`. If a subject is a group that meets the condition `shows`, the SQL also returns the members of the group. The calling
 * code removes the ids of groups from the result.
 */
const EXPANDED = (subjects: string, shows: string) => `
  SELECT x.id FROM (${subjects}) x
  UNION SELECT m.member_id FROM (${subjects}) x JOIN group_members m ON m.group_id = x.id AND m.valid_to IS NULL AND ${shows}`;

/**
 * Finds at most `most` pairs of active principals and live secrets. If there are more pairs, `cut` is true, and the result combines the first
 * principals with the first secrets, in the order of ids. Therefore the result contains pairs of several principals, and not only pairs of the first
 * principal.
 */
export async function affectedPairs(
  tx: Transaction,
  whom: AffectedPrincipals,
  which: AffectedSecrets,
  { most, now, groups }: { most: number; now: Date; groups: readonly Uuid[] | null },
): Promise<{ pairs: Pair[]; cut: boolean }> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const sqlFor = relation(place, { now, at: null }, null);
  const [limit, side] = [`${place(most)}::int`, `${place(Math.floor(Math.sqrt(most)))}::int`];
  const subjects =
    'subjectId' in whom
      ? `SELECT ${place(whom.subjectId)}::uuid AS id`
      : `SELECT p.subject_id AS id FROM permissions p
         WHERE p.target_kind = 'TAG' AND p.target = ANY(${place(whom.grantedOn)}::text[]) AND p.valid_to IS NULL`;
  const shows = groups === null ? 'true' : `m.group_id = ANY(${place(groups)}::uuid[])`;
  /**
   * SQL for the first ids that meet the condition `counts`. The number of ids is at most the limit plus one. The ids are sorted first, so that
   * PostgreSQL checks the condition for as few ids as possible.
   */
  const first = (ids: string, counts: string) => `
    SELECT few.id, row_number() OVER (ORDER BY few.id) AS n FROM (
      SELECT one.id FROM (SELECT DISTINCT each.id FROM (${ids}) each ORDER BY 1) one WHERE ${counts} ORDER BY 1 LIMIT ${limit} + 1) few`;
  const rows = await tx.query<Pair & { cut: boolean }>(
    `WITH p AS MATERIALIZED (${first(EXPANDED(subjects, shows), sqlFor.active('one.id'))}),
       s AS MATERIALIZED (${first(secretsSql(which, place), sqlFor.live('one.id'))}),
       c AS (SELECT greatest(1, (SELECT count(*) FROM p)) AS p, greatest(1, (SELECT count(*) FROM s)) AS s)
     SELECT p.id AS "principalId", s.id AS "secretId", c.p * c.s > ${limit} AS cut FROM c, p, s
     WHERE p.n <= greatest(${side}, ${limit} / c.s) AND s.n <= greatest(${side}, ${limit} / c.p) ORDER BY 1, 2`,
    params,
  );
  return { pairs: rows.map(({ cut, ...pair }) => pair), cut: rows[0]?.cut ?? false };
}

function secretsSql(which: AffectedSecrets, place: (value: unknown) => string): string {
  if (which === 'every') return 'SELECT s.id FROM secrets s WHERE s.deleted_at IS NULL';
  if ('secretId' in which) return `SELECT ${place(which.secretId)}::uuid AS id`;
  const tagged = (where: string) => `SELECT t.secret_id AS id FROM secret_tags t WHERE t.valid_to IS NULL AND ${where}`;
  const named = (where: string) => `SELECT s.id FROM secrets s WHERE s.deleted_at IS NULL AND ${where}`;
  if ('target' in which) {
    const { kind, text } = which.target;
    if (kind === 'TAG') return tagged(`t.tag COLLATE "C" = ${place(text)}::text`);
    return kind === 'SECRET' ? named(`s.name COLLATE "C" = ${place(text)}::text`) : named('false');
  }
  const by = `${place(which.reachedBy)}::uuid`;
  const granted = (kind: string) =>
    `SELECT p.target FROM permissions p WHERE p.subject_id = ${by} AND p.target_kind = '${kind}' AND p.valid_to IS NULL`;
  return `${tagged(`t.tag COLLATE "C" IN (${granted('TAG')})`)}
    UNION ALL ${named(`s.name COLLATE "C" IN (${granted('SECRET')})`)}
    UNION ALL ${named(`EXISTS (SELECT 1 FROM role_assignments r WHERE r.subject_id = ${by} AND r.role = 'ADMIN' AND r.valid_to IS NULL)`)}`;
}

/** The maximum number of pairs in one SQL statement. The limit keeps each statement below the statement timeout. */
const PER_STATEMENT = 2_000;

/**
 * Returns the current access paths of each pair of a principal and a secret. `pairKey` computes the map keys. The map has no entry for a pair without
 * access. If `groups` is not null, paths through groups that are not in `groups` are ignored.
 */
export async function pathsOfPairs(
  tx: Transaction,
  pairs: readonly Pair[],
  { now, groups }: { now: Date; groups: readonly Uuid[] | null },
): Promise<Map<string, AccessEntryPath[]>> {
  const found = new Map<string, AccessEntryPath[]>();
  for (let from = 0; from < pairs.length; from += PER_STATEMENT) {
    const batch = pairs.slice(from, from + PER_STATEMENT);
    const params: unknown[] = [];
    const place = (value: unknown) => `$${params.push(value)}`;
    const sqlFor = relation(place, { now, at: null }, null, groups);
    const principals = place(batch.map((pair) => pair.principalId));
    const secrets = place(batch.map((pair) => pair.secretId));
    const rows = await tx.query<Pair & { paths: AccessEntryPath[] | null }>(
      `SELECT pair.p AS "principalId", pair.s AS "secretId", ${sqlFor.paths('pair.p', 'pair.s')} AS paths
       FROM unnest(${principals}::uuid[], ${secrets}::uuid[]) pair(p, s) WHERE ${sqlFor.active('pair.p')} AND ${sqlFor.live('pair.s')}`,
      params,
    );
    for (const { paths, ...pair } of rows) if (paths !== null) found.set(pairKey(pair), toEntry(pair, paths).paths);
  }
  return found;
}

/** Returns the map key of a pair: `principalId secretId`. */
export function pairKey({ principalId, secretId }: Pair): string {
  return `${principalId} ${secretId}`;
}

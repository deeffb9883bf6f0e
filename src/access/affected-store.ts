// Which pairs of principal and secret a change could concern, before it is made: whom it is about, and which secrets.
import type { Transaction } from '../database/client.ts';
import { type AccessWay, toEntry } from './access-entry.ts';
import { relation } from './access-relation.ts';
import type { Target } from './permission.ts';

export interface Pair {
  principalId: string;
  secretId: string;
}

/** Whom a change is about. UUIDs. */
export type Whom =
  /** Somebody; or, for a group, whoever is in it. */
  | { subjectId: string }
  /** Whoever is granted anything on one of these tags. */
  | { grantedOn: readonly string[] };

/** Which secrets. UUIDs. */
export type Which = { secretId: string } | { target: Target } | 'every' | { reachedBy: string };

/** Principals and groups `x.id`, each with the members of a group besides. */
const EXPANDED = (subjects: string) => `
  SELECT x.id FROM (${subjects}) x
  UNION SELECT m.member_id FROM (${subjects}) x JOIN group_members m ON m.group_id = x.id AND m.valid_to IS NULL`;

/** At most `limit` of them: by the principal's id, then the secret's. One that is inactive or deleted may be among them. */
export async function affectedPairs(tx: Transaction, whom: Whom, which: Which, limit: number): Promise<Pair[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const most = `${place(limit)}::int`;
  const subjects =
    'subjectId' in whom
      ? `SELECT ${place(whom.subjectId)}::uuid AS id`
      : `SELECT p.subject_id AS id FROM permissions p
         WHERE p.target_kind = 'TAG' AND p.target = ANY(${place(whom.grantedOn)}::text[]) AND p.valid_to IS NULL`;
  return tx.query(
    `SELECT p.id AS "principalId", s.id AS "secretId"
     FROM (SELECT DISTINCT one.id FROM (${EXPANDED(subjects)}) one ORDER BY 1 LIMIT ${most}) p
     CROSS JOIN (SELECT DISTINCT one.id FROM (${secretsSql(which, place)}) one ORDER BY 1 LIMIT ${most}) s
     LIMIT ${most}`,
    params,
  );
}

function secretsSql(which: Which, place: (value: unknown) => string): string {
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

/** So many pairs in one statement, which has a limit of time. */
const PER_STATEMENT = 2_000;

/** What each of these pairs has now, by `principalId secretId`; none that has nothing. */
export async function entriesOf(tx: Transaction, pairs: readonly Pair[], now: Date): Promise<Map<string, AccessWay[]>> {
  const found = new Map<string, AccessWay[]>();
  for (let from = 0; from < pairs.length; from += PER_STATEMENT) {
    const some = pairs.slice(from, from + PER_STATEMENT);
    const params: unknown[] = [];
    const place = (value: unknown) => `$${params.push(value)}`;
    const asked = relation(place, { now, at: null }, null);
    const principals = place(some.map((pair) => pair.principalId));
    const secrets = place(some.map((pair) => pair.secretId));
    const rows = await tx.query<Pair & { paths: AccessWay[] | null }>(
      `SELECT pair.p AS "principalId", pair.s AS "secretId", ${asked.ways('pair.p', 'pair.s')} AS paths
       FROM unnest(${principals}::uuid[], ${secrets}::uuid[]) pair(p, s) WHERE ${asked.active('pair.p')} AND ${asked.live('pair.s')}`,
      params,
    );
    for (const { paths, ...pair } of rows) if (paths !== null) found.set(keyOf(pair), toEntry(pair, paths).paths);
  }
  return found;
}

export function keyOf({ principalId, secretId }: Pair): string {
  return `${principalId} ${secretId}`;
}

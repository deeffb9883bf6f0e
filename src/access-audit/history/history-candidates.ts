// SQL for candidates of access differences. A candidate consists of a time, a principal and a secret. At this time, the row of a grant, role,
// membership, tag or active period began, ended or expired, and the row can affect the principal's access to the secret. history-store.ts then
// compares the principal's access before and after this time.
//
// For each page, the SQL reads rows in the order of time, from indexes, up to a time called the horizon. The SQL chooses the horizon so that only a
// few rows of each kind are before the horizon. For each row, the SQL reads the secrets or principals that the row affects, sorted by id, up to a
// limit.

import { ACCESSES } from '../../access/policy.ts';
import { MAX_UUID, ZERO_UUID } from '../../primitives/ids.ts';
import { type Place, type Relation, relation } from '../entries/access-relation.ts';
import type { HistoryPosition, HistoryQuestion } from './history.ts';

/**
 * Returns two relations: the relation at the time `moment`, which is SQL, and the relation one microsecond before this time. One microsecond is short
 * enough, because stored times are whole milliseconds.
 */
export function aroundMoment(place: Place, moment: string): { at: Relation; before: Relation } {
  const marker = new Date(0);
  const relationAt = (sql: string) =>
    relation((value) => (value === marker ? sql : place(value)), { now: marker, at: marker }, null);
  return { at: relationAt(moment), before: relationAt(`(${moment} - interval '1 microsecond')`) };
}

/** SQL for whether a row was valid at a time or just before this time. */
export const validAround = (row: string, moment: string) =>
  `${row}.valid_from <= ${moment} AND (${row}.valid_to IS NULL OR ${row}.valid_to >= ${moment})`;

/** A table with the columns `valid_from` and `valid_to`. If `expires` is true, the table also has the column `expires_at`. */
interface Rows {
  from: string;
  where: string;
  expires?: boolean;
}

/**
 * Returns SQL `WITH` clauses. The clauses define the table `horizon` with the column `at`, and the table `candidates` with the columns `at`,
 * `secret_id` and `principal_id`, sorted by these three columns.
 */
export function candidates(
  place: Place,
  { principalId, secretIds, from, until }: HistoryQuestion,
  limit: number,
  after: HistoryPosition | undefined,
): string {
  // `many` is the limit for rows that affect one or few pairs. `few` is the limit for rows that can affect many pairs.
  const [many, few] = [limit * 8, Math.ceil(limit / 5)];
  const last = after ?? { at: from, secretId: MAX_UUID, principalId: MAX_UUID };
  const lastAt = `${place(last.at)}::timestamptz`;
  const [lastSecret, lastPrincipal] = [`${place(last.secretId)}::uuid`, `${place(last.principalId)}::uuid`];
  const end = `${place(until)}::timestamptz`;
  const most = `${place(limit)}::int`;
  // The SQL for the first page compares times with `>`, because the start of the requested time range is excluded. The SQL for every following page
  // compares with `>=`, because the time at which the previous page ended can have more candidates.
  const within = (column: string) => `${column} ${after ? '>=' : '>'} ${lastAt} AND ${column} <= h.at`;
  const overlaps = (row: string) =>
    `${row}.valid_from <= ${end} AND (${row}.valid_to IS NULL OR ${row}.valid_to >= ${lastAt})`;
  const horizons: string[] = [];

  // INVARIANT: the horizon is later than the time at which the previous page ended, even if many rows have that time. Otherwise the next page would
  // start where the previous page started, and paging would never end.
  const columns = ({ expires }: Rows) => ['x.valid_from', 'x.valid_to', ...(expires ? ['x.expires_at'] : [])];
  /**
   * SQL for the times at which rows `x` began, ended or expired, with the additional columns `select`. `owners` is a table `o` to which the condition
   * of `rows` can refer. The SQL chooses the horizon so that a page reads only about `count` beginnings, `count` ends and `count` expiries for each
   * row of `owners`. Times after the horizon are not read.
   */
  const moments = (rows: Rows, select: string, count: number, owners = '(SELECT 1) o'): string => {
    for (const column of columns(rows)) {
      horizons.push(`(SELECT min(k.at) FROM ${owners} CROSS JOIN LATERAL (
        SELECT ${column} AS at FROM ${rows.from} WHERE ${rows.where} AND ${column} > ${lastAt} AND ${column} <= ${end} ORDER BY 1 OFFSET ${count} LIMIT 1) k)`);
    }
    return columns(rows)
      .map(
        (column) =>
          `SELECT ${column} AS at, ${select} FROM horizon h CROSS JOIN ${owners} JOIN ${rows.from} ON ${rows.where} AND ${within(column)}`,
      )
      .join('\nUNION ALL ');
  };
  const grants = (where: string): Rows => ({
    from: 'permissions x',
    where: `x.target_kind IN ('TAG', 'SECRET') AND ${where}`,
    expires: true,
  });
  const periods = (where: string): Rows => ({ from: 'periods x', where });
  const admins = (where: string): Rows => ({ from: 'role_assignments x', where: `x.role = 'ADMIN' AND ${where}` });
  const { at, before } = aroundMoment(place, 'c.at');
  const reaches = (principal: string, secret: string) =>
    `(${at.seen(principal, secret, ACCESSES)} OR ${before.seen(principal, secret, ACCESSES)})`;

  const finish = (ctes: string[], sources: string[]) => `
    ${ctes.map((cte) => `${cte},`).join('\n')}
    horizon AS MATERIALIZED (SELECT LEAST(${[end, ...horizons].join(', ')}) AS at),
    candidates AS MATERIALIZED (
      SELECT DISTINCT c.at, c.secret_id, c.principal_id FROM (${sources.join('\nUNION ALL ')}) c
      WHERE (c.at, c.secret_id, c.principal_id) > (${lastAt}, ${lastSecret}, ${lastPrincipal})
      ORDER BY 1, 2, 3 LIMIT ${most}
    )`;
  const named = (secret: string, grant: string) =>
    `${grant}.target_kind = 'SECRET' AND ${grant}.target = ${secret}.name AND (${grant}.secret_id IS NULL OR ${grant}.secret_id = ${secret}.id)`;

  const targets = secretIds === null ? null : place(secretIds);
  const ofTargets = [
    `targets AS MATERIALIZED (SELECT s.id, s.name FROM secrets s WHERE s.id = ANY(${targets}::uuid[]))`,
    `carried AS MATERIALIZED (
      SELECT DISTINCT t.secret_id, t.tag FROM targets s JOIN secret_tags t ON t.secret_id = s.id AND ${overlaps('t')})`,
  ];
  /** Returns the tables `o` and the conditions that find grants `x` on the names of the secrets, and on tags that the secrets had. */
  const onTargets = (extra: string) =>
    [
      [`targets o`, `${named('o', 'x')} AND ${extra}`, 'o.id'],
      [`carried o`, `x.target_kind = 'TAG' AND x.target = o.tag AND ${extra}`, 'o.secret_id'],
    ] as const;

  if (principalId !== null) {
    const principal = `${place(principalId)}::uuid`;
    const holders = `holders AS MATERIALIZED (
      SELECT ${principal} AS id UNION SELECT m.group_id FROM group_members m WHERE m.member_id = ${principal} AND ${overlaps('m')})`;
    const memberships: Rows = { from: 'group_members x', where: `x.member_id = ${principal}` };

    if (targets !== null) {
      // The query is about one principal and one secret name. Therefore the SQL reads the times of all matching rows, without a horizon.
      const all = Number.MAX_SAFE_INTEGER;
      const sources = [
        moments(periods(`x.object_id = ${principal}`), 'o.id AS secret_id', all, 'targets o'),
        moments(periods('x.object_id = o.id'), 'o.id', all, 'targets o'),
        moments(memberships, 'o.id', all, 'targets o'),
        moments(admins('x.subject_id = g.id'), 'o.id', all, 'targets o CROSS JOIN holders g'),
        moments({ from: 'secret_tags x', where: 'x.secret_id = o.id' }, 'o.id', all, 'targets o'),
        ...onTargets('x.subject_id = g.id').map(([owners, where, id]) =>
          moments(grants(where), id, all, `${owners} CROSS JOIN holders g`),
        ),
      ];
      horizons.length = 0;
      return finish(
        [holders, ...ofTargets],
        [`SELECT p.at, p.secret_id, ${principal} AS principal_id FROM (${sources.join('\nUNION ALL ')}) p`],
      );
    }

    const afterSecret = `(CASE WHEN c.at = ${lastAt} THEN ${lastSecret} ELSE '${ZERO_UUID}'::uuid END)`;
    /** SQL for the secrets to which `holder` (the principal or a group) had access at the times of `causes`, or just before these times. */
    const reachOf = (causes: string, holder: string) => `
      SELECT c.at, r.id AS secret_id, ${principal} AS principal_id FROM (${causes}) c CROSS JOIN LATERAL (
        (${at.secretsOf(holder, afterSecret, most)}) UNION (${before.secretsOf(holder, afterSecret, most)})) r`;
    const tags = `tags AS MATERIALIZED (
      SELECT DISTINCT p.target AS tag FROM holders o JOIN permissions p ON p.subject_id = o.id AND p.target_kind = 'TAG' AND ${overlaps('p')})`;
    const ownGrants = moments(
      grants('x.subject_id = o.id'),
      'x.target_kind, x.target, x.secret_id',
      5 * few,
      'holders o',
    );
    const sources = [
      reachOf(moments(periods(`x.object_id = ${principal}`), '0 AS n', few), principal),
      reachOf(moments(memberships, 'x.group_id', few), 'c.group_id'),
      `SELECT c.at, s.id, ${principal} FROM (${moments(admins('x.subject_id = o.id'), '0 AS n', few, 'holders o')}) c CROSS JOIN LATERAL (
         SELECT s.id FROM secrets s WHERE s.id > ${afterSecret} AND (${at.live('s.id')} OR ${before.live('s.id')}) ORDER BY s.id LIMIT ${most}) s`,
      `SELECT c.at, s.id, ${principal} FROM (${ownGrants}) c CROSS JOIN LATERAL (
         (SELECT t.secret_id AS id FROM secret_tags t WHERE c.target_kind = 'TAG' AND t.tag COLLATE "C" = c.target AND t.secret_id > ${afterSecret}
           AND ${validAround('t', 'c.at')} ORDER BY t.secret_id LIMIT ${most})
         UNION ALL SELECT c.secret_id WHERE c.target_kind = 'SECRET' AND c.secret_id IS NOT NULL
         UNION ALL (SELECT n.id FROM secrets n WHERE c.target_kind = 'SECRET' AND c.secret_id IS NULL AND n.name COLLATE "C" = c.target OFFSET 0)) s`,
      moments(
        { from: 'secret_tags x', where: 'x.tag COLLATE "C" = o.tag' },
        `x.secret_id, ${principal}`,
        many,
        'tags o',
      ),
      `SELECT c.at, c.secret_id, ${principal} FROM (${moments(periods(`x.object_kind = 'SECRET'`), 'x.object_id AS secret_id', many)}) c
       WHERE ${reaches(principal, 'c.secret_id')}`,
    ];
    return finish([holders, tags], sources);
  }

  const afterPrincipal = `(CASE WHEN c.at = ${lastAt} AND c.secret_id = ${lastSecret} THEN ${lastPrincipal} ELSE '${ZERO_UUID}'::uuid END)`;
  /**
   * SQL for the principals of the subjects in `causes` (`at`, `secret_id`, `subject_kind`, `subject_id`). If the subject is a user or an application,
   * the subject itself is the principal. If the subject is a group, the members of the group are the principals.
   */
  const principalsBehind = (causes: string) => `
    SELECT c.at, c.secret_id, p.id AS principal_id FROM (${causes}) c CROSS JOIN LATERAL (
      SELECT c.subject_id AS id WHERE c.subject_kind <> 'GROUP'
      UNION ALL (SELECT m.member_id FROM group_members m WHERE c.subject_kind = 'GROUP' AND m.group_id = c.subject_id
        AND m.member_id > ${afterPrincipal} AND ${validAround('m', 'c.at')} ORDER BY m.member_id LIMIT ${most})) p`;
  const reaching = `reaching AS MATERIALIZED (
    SELECT DISTINCT g.secret_id, g.group_id FROM (
      ${onTargets(`x.subject_kind = 'GROUP' AND ${overlaps('x')}`)
        .map(
          ([owners, where, id]) =>
            `SELECT ${id} AS secret_id, x.subject_id AS group_id FROM ${owners} JOIN permissions x ON ${where}`,
        )
        .join('\nUNION ALL ')}
      UNION ALL SELECT o.id, x.subject_id FROM targets o JOIN role_assignments x ON x.role = 'ADMIN' AND x.subject_kind = 'GROUP' AND ${overlaps('x')}
    ) g)`;
  const subject = 'x.subject_kind, x.subject_id';
  const tagsOfTargets = moments(
    { from: 'secret_tags x', where: 'x.secret_id = o.id' },
    'o.id AS secret_id, x.tag',
    few,
    'targets o',
  );
  const sources = [
    `SELECT c.at, c.secret_id, r.id AS principal_id
     FROM (${moments(periods('x.object_id = o.id'), 'o.id AS secret_id, o.name', few, 'targets o')}) c
       CROSS JOIN LATERAL (SELECT c.secret_id AS id, c.name) t CROSS JOIN LATERAL (
         (${at.principalsOf('t', afterPrincipal, most)}) UNION (${before.principalsOf('t', afterPrincipal, most)})) r`,
    principalsBehind(moments(admins('true'), `o.id AS secret_id, ${subject}`, 5 * few, 'targets o')),
    ...onTargets('true').map(([owners, where, id]) =>
      principalsBehind(moments(grants(where), `${id} AS secret_id, ${subject}`, 5 * few, owners)),
    ),
    principalsBehind(`SELECT g.at, g.secret_id, p.subject_kind, p.subject_id FROM (${tagsOfTargets}) g
      JOIN permissions p ON p.target_kind = 'TAG' AND p.target = g.tag AND ${validAround('p', 'g.at')}`),
    moments(
      { from: 'group_members x', where: 'x.group_id = o.group_id' },
      'o.secret_id, x.member_id',
      many,
      'reaching o',
    ),
    `SELECT c.at, c.secret_id, c.principal_id
     FROM (${moments(periods(`x.object_kind IN ('USER', 'APPLICATION')`), 'o.id AS secret_id, x.object_id AS principal_id', many, 'targets o')}) c
     WHERE ${reaches('c.principal_id', 'c.secret_id')}`,
  ];
  return finish([...ofTargets, reaching], sources);
}

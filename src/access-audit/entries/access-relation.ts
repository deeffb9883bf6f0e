// SQL that lists principals, secrets and the paths that give access. The SQL applies the access rules of policy.ts to many rows at once. The SQL
// reads indexes in the order of ids and stops when the page is full. Therefore the time to read a page does not grow with the size of the database.
import { ACCESSES } from '../../access/policy.ts';
import type { Access } from '../../generated/vocabulary.ts';
import type { Uuid } from '../../primitives/ids.ts';

/** Adds a value to the parameters of a statement and returns its placeholder (`$n`). */
export type Place = (value: unknown) => string;

/** The time for which a query asks about access. */
export interface Moment {
  /** The present time. A query about the present ignores grants that expired before or at this time. */
  now: Date;
  /** The past time of a query about the past: the query reads the rows that were valid at this time. Null if the query is about the present. */
  at: Date | null;
}

/**
 * Functions that return SQL. Each argument is the placeholder of a UUID, a column of UUIDs, or the alias of a row. INVARIANT: no argument is an alias
 * that ends in `x` or `y`, because the returned SQL defines aliases that end in these letters.
 */
export interface Relation {
  /** Whether a row with `valid_from` and `valid_to` is valid at the time that the query is about. */
  valid(alias: string): string;
  /** Whether a grant has not expired and gives the requested access. The SQL does not check whether the grant was revoked. */
  giving(alias: string): string;
  /** Whether a user or an application is active. The result of the SQL is null if the principal does not exist. */
  active(principal: string): string;
  /** Whether a secret exists and is not deleted. The result of the SQL is null if the secret never existed. */
  live(secret: string): string;
  /**
   * The ids of the subjects whose grants a principal has: the principal's own id and the ids of its groups. The returned SQL has the columns `id` and
   * `group_id`.
   */
  holders(principal: string): string;
  /** The paths that give a principal access to a secret, as a JSON array of `AccessEntryPath`. The result of the SQL is null if no path exists. */
  paths(principal: string, secret: string): string;
  /**
   * The paths that give each principal of `page` access to the secret, as in `paths`. `page` is a relation with one row for each principal, and with
   * the columns `id` of the principal, and `secret_id` and `name` of the secret, which is the same in all rows. The returned SQL has the columns
   * `principal_id` and `paths`, and no row for a principal without paths. The SQL reads each grant once for all principals.
   */
  pathsOfPage(page: string): string;
  /**
   * At most `limit` active principals with access to a secret, in the order of ids, starting after the id `after`. The secret is a row of a table
   * with the columns `id` and `name`.
   */
  principalsOf(secret: string, after: string, limit: string): string;
  /**
   * At most `limit` live secrets to which a principal has access. The secrets meet the condition `filter`. They are in the order of ids, starting
   * after the id `after`. If `giving` is not null, the SQL ignores paths that give none of the accesses in `giving`. If few secrets meet the
   * condition `filter`, reading the page is slow, because PostgreSQL checks the condition row by row.
   */
  secretsOf(
    principal: string,
    after: string,
    limit: string,
    only?: { giving: readonly Access[] | null; filter(secret: string): string },
  ): string;
  /** Whether a principal has one of the accesses in `seeing` to a live secret, and therefore sees the secret. */
  seen(principal: string, secret: string, seeing: readonly Access[]): string;
}

/** SQL of an array with every access. */
export const EVERY_ACCESS = `ARRAY['${ACCESSES.join("', '")}']`;

/**
 * Builds the SQL for queries about access at one point in time. If `access` is not null, the SQL ignores paths that do not give this access. `groups`
 * are the UUIDs of the groups that the viewer is in, or null if the viewer sees every group. The SQL ignores paths through groups that the viewer
 * does not see.
 *
 * To look up related rows, the SQL uses scalar subqueries `(SELECT … )` instead of EXISTS or joins. With scalar subqueries, PostgreSQL reads an index
 * row by row up to the limit, and never reads a complete table.
 */
export function relation(
  place: Place,
  { now, at }: Moment,
  access: Access | null,
  groups: readonly Uuid[] | null = null,
): Relation {
  // A parameter is added to the statement only when the SQL first uses it, because PostgreSQL refuses a statement with an unused parameter.
  let placed: string | undefined;
  const moment = () => {
    placed ??= `${place(at ?? now)}::timestamptz`;
    return placed;
  };
  let wanted: string | undefined;
  const gives = (accesses: string) => {
    if (access === null) return 'true';
    wanted ??= `${place(access)}::text`;
    return `${wanted} = ANY(${accesses})`;
  };

  let shown: string | undefined;
  /** Whether the viewer sees a group. */
  const shows = (group: string) => {
    if (groups === null) return 'true';
    shown ??= `${place(groups)}::uuid[]`;
    return `${group} = ANY(${shown})`;
  };

  const valid = (alias: string) =>
    at === null
      ? `${alias}.valid_to IS NULL`
      : `${alias}.valid_from <= ${moment()} AND (${alias}.valid_to IS NULL OR ${alias}.valid_to > ${moment()})`;
  const unexpired = (alias: string) => `(${alias}.expires_at IS NULL OR ${alias}.expires_at > ${moment()})`;
  const giving = (alias: string) => `${unexpired(alias)} AND ${gives(`${alias}.access`)}`;
  const inPeriod = (id: string) =>
    `(SELECT true FROM periods ex WHERE ex.object_id = ${id} AND ${valid('ex')} LIMIT 1)`;
  const active = (id: string) =>
    at === null
      ? `COALESCE((SELECT ux.active AND ux.deleted_at IS NULL FROM users ux WHERE ux.id = ${id}),
          (SELECT ax.deleted_at IS NULL FROM applications ax WHERE ax.id = ${id}))`
      : inPeriod(id);
  const live = (id: string) =>
    at === null ? `(SELECT lx.deleted_at IS NULL FROM secrets lx WHERE lx.id = ${id})` : inPeriod(id);
  const holders = (principal: string) => `
    SELECT ${principal}::uuid AS id, NULL::uuid AS group_id
    UNION ALL SELECT mx.group_id, mx.group_id FROM group_members mx WHERE mx.member_id = ${principal} AND ${valid('mx')} AND ${shows('mx.group_id')}`;

  /** The condition that a grant `p` is on the name of a secret `s`. */
  const onName = (p: string, s: string) =>
    `${p}.target_kind = 'SECRET' AND ${p}.target = ${s}.name AND (${p}.secret_id IS NULL OR ${p}.secret_id = ${s}.id)`;
  /** The condition that a grant `p` is on the tag of a row `t`. */
  const onTag = (p: string, t: string) => `${p}.target_kind = 'TAG' AND ${p}.target = ${t}.tag`;

  /** A JSON array of `AccessEntryPath`, from rows with a role or a grant (`way`) and rows with the group that has it (`holder`). */
  const pathsAs = (way: string, holder: string) => `json_agg(json_build_object(
      'access', ${way}.access, 'role', ${way}.role, 'permissionId', ${way}.permission_id, 'groupId', ${holder}.group_id, 'tag', ${way}.tag
    ) ORDER BY ${way}.role NULLS LAST, ${way}.tag COLLATE "C" NULLS FIRST, ${way}.permission_id, ${holder}.group_id NULLS FIRST)`;

  const paths = (principal: string, secret: string) => `(
    WITH holders AS MATERIALIZED (${holders(principal)})
    SELECT ${pathsAs('w', 'w')}
    FROM (
      SELECT ${EVERY_ACCESS} AS access, rx.role, NULL::uuid AS permission_id, hx.group_id, NULL::text AS tag
      FROM holders hx JOIN role_assignments rx ON rx.subject_id = hx.id AND rx.role = 'ADMIN' AND ${valid('rx')}
      UNION ALL
      SELECT px.access, NULL, px.id, hx.group_id, NULL
      FROM secrets sx CROSS JOIN holders hx
        JOIN permissions px ON px.subject_id = hx.id AND ${onName('px', 'sx')} AND ${valid('px')} AND ${giving('px')}
      WHERE sx.id = ${secret}
      UNION ALL
      SELECT px.access, NULL, px.id, hx.group_id, tx.tag
      FROM secret_tags tx CROSS JOIN holders hx
        JOIN permissions px ON px.subject_id = hx.id AND ${onTag('px', 'tx')} AND ${valid('px')} AND ${giving('px')}
      WHERE tx.secret_id = ${secret} AND ${valid('tx')}
    ) w)`;

  const pathsOfPage = (page: string) => `
    WITH holders AS MATERIALIZED (
      SELECT ox.id AS principal_id, hx.id, hx.group_id FROM ${page} ox CROSS JOIN LATERAL (${holders('ox.id')}) hx WHERE ox.id IS NOT NULL
    ), secret AS MATERIALIZED (
      SELECT ox.secret_id AS id, ox.name, ARRAY(SELECT DISTINCT hx.id FROM holders hx) AS subjects FROM ${page} ox LIMIT 1
    ), ways AS MATERIALIZED (
      SELECT ${EVERY_ACCESS} AS access, rx.role, NULL::uuid AS permission_id, rx.subject_id, NULL::text AS tag
      FROM secret sx JOIN role_assignments rx ON rx.role = 'ADMIN' AND rx.subject_id = ANY(sx.subjects) AND ${valid('rx')}
      UNION ALL
      SELECT px.access, NULL, px.id, px.subject_id, NULL
      FROM secret sx JOIN permissions px ON px.subject_id = ANY(sx.subjects) AND ${onName('px', 'sx')} AND ${valid('px')} AND ${giving('px')}
      UNION ALL
      SELECT px.access, NULL, px.id, px.subject_id, tx.tag
      FROM secret sx JOIN secret_tags tx ON tx.secret_id = sx.id AND ${valid('tx')}
        JOIN permissions px ON px.subject_id = ANY(sx.subjects) AND ${onTag('px', 'tx')} AND ${valid('px')} AND ${giving('px')}
    )
    SELECT hx.principal_id, ${pathsAs('wx', 'hx')} AS paths FROM holders hx JOIN ways wx ON wx.subject_id = hx.id GROUP BY hx.principal_id`;

  const principalsOf = (secret: string, after: string, limit: string) => {
    /** SQL that reads distinct ids in the order of an index, up to the limit. */
    const next = (id: string, from: string, where: string) => `
      (SELECT DISTINCT ${id} AS id FROM ${from} WHERE ${where} AND ${id} > ${after} AND ${active(id)} ORDER BY 1 LIMIT ${limit})`;
    const granted = (p: string) => `${valid(p)} AND ${giving(p)}`;
    return `
    SELECT one.id FROM (
      ${next('rx.subject_id', 'role_assignments rx', `rx.role = 'ADMIN' AND rx.subject_kind <> 'GROUP' AND ${valid('rx')}`)}
      UNION ALL
      ${next('px.subject_id', 'permissions px', `${onName('px', secret)} AND px.subject_kind <> 'GROUP' AND ${granted('px')}`)}
      UNION ALL
      SELECT direct.id FROM secret_tags tx CROSS JOIN LATERAL
        ${next('px.subject_id', 'permissions px', `${onTag('px', 'tx')} AND px.subject_kind <> 'GROUP' AND ${granted('px')}`)} direct
      WHERE tx.secret_id = ${secret}.id AND ${valid('tx')}
      UNION ALL
      SELECT member.id FROM (
        SELECT rx.subject_id AS id FROM role_assignments rx WHERE rx.role = 'ADMIN' AND rx.subject_kind = 'GROUP' AND ${valid('rx')} AND ${shows('rx.subject_id')}
        UNION SELECT px.subject_id FROM permissions px WHERE ${onName('px', secret)} AND px.subject_kind = 'GROUP' AND ${granted('px')} AND ${shows('px.subject_id')}
        UNION SELECT px.subject_id FROM secret_tags tx JOIN permissions px ON ${onTag('px', 'tx')} AND px.subject_kind = 'GROUP' AND ${granted('px')} AND ${shows('px.subject_id')}
          WHERE tx.secret_id = ${secret}.id AND ${valid('tx')}
      ) reaching CROSS JOIN LATERAL
        ${next('mx.member_id', 'group_members mx', `mx.group_id = reaching.id AND ${valid('mx')}`)} member
    ) one GROUP BY one.id ORDER BY one.id LIMIT ${limit}`;
  };

  const secretsOf: Relation['secretsOf'] = (principal, after, limit, only = { giving: null, filter: () => 'true' }) => {
    const counts = (id: string) => `${id} > ${after} AND ${live(id)} AND ${only.filter(id)}`;
    const needed = only.giving === null ? null : place(only.giving);
    const granted = (p: string) => `${p}.subject_id = hx.id AND ${valid(p)} AND ${giving(p)}
      ${needed === null ? '' : `AND ${p}.access && ${needed}::text[]`}`;
    return `
    SELECT one.id FROM (
      WITH holders AS MATERIALIZED (${holders(principal)})
      (SELECT sx.id FROM secrets sx
        WHERE (SELECT true FROM holders hx JOIN role_assignments rx ON rx.subject_id = hx.id AND rx.role = 'ADMIN' AND ${valid('rx')} LIMIT 1)
          AND ${at === null ? 'sx.deleted_at IS NULL AND ' : ''}${counts('sx.id')}
        ORDER BY sx.id LIMIT ${limit})
      UNION ALL
      SELECT tagged.id FROM (
        SELECT DISTINCT px.target AS tag FROM holders hx JOIN permissions px ON px.target_kind = 'TAG' AND ${granted('px')}
      ) tags CROSS JOIN LATERAL (
        SELECT DISTINCT tx.secret_id AS id FROM secret_tags tx
        WHERE tx.tag COLLATE "C" = tags.tag AND ${valid('tx')} AND ${counts('tx.secret_id')}
        ORDER BY 1 LIMIT ${limit}
      ) tagged
      UNION ALL
      SELECT bound.id FROM holders hx CROSS JOIN LATERAL (
        SELECT DISTINCT px.secret_id AS id FROM permissions px
        WHERE px.secret_id IS NOT NULL AND px.target_kind = 'SECRET' AND ${granted('px')} AND ${counts('px.secret_id')}
        ORDER BY 1 LIMIT ${limit}
      ) bound
      UNION ALL
      SELECT named.id FROM holders hx
        JOIN permissions px ON px.target_kind = 'SECRET' AND px.secret_id IS NULL AND ${granted('px')}
        CROSS JOIN LATERAL (SELECT sx.id FROM secrets sx WHERE sx.name COLLATE "C" = px.target ${at === null ? 'AND sx.deleted_at IS NULL' : ''} OFFSET 0) named
      WHERE ${counts('named.id')}
    ) one GROUP BY one.id ORDER BY one.id LIMIT ${limit}`;
  };

  // Aliases in `seen` end in `y`, because the arguments of `seen` can be aliases that end in `x`.
  const seen = (principal: string, secret: string, seeing: readonly Access[]) => {
    const sees = (p: string) => `${valid(p)} AND ${unexpired(p)} AND ${p}.access && ${place(seeing)}::text[]`;
    return `(${live(secret)} AND (
      (SELECT true FROM (${holders(principal)}) hy
        JOIN role_assignments ry ON ry.subject_id = hy.id AND ry.role = 'ADMIN' AND ${valid('ry')} LIMIT 1) IS TRUE
      OR (SELECT true FROM secrets sy JOIN (${holders(principal)}) hy ON true
        JOIN permissions py ON py.subject_id = hy.id AND ${onName('py', 'sy')} AND ${sees('py')} WHERE sy.id = ${secret} LIMIT 1) IS TRUE
      OR (SELECT true FROM secret_tags ty CROSS JOIN (${holders(principal)}) hy
        JOIN permissions py ON py.subject_id = hy.id AND ${onTag('py', 'ty')} AND ${sees('py')}
        WHERE ty.secret_id = ${secret} AND ${valid('ty')} LIMIT 1) IS TRUE))`;
  };

  return { valid, giving, active, live, holders, paths, pathsOfPage, principalsOf, secretsOf, seen };
}

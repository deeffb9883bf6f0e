// Defines SQL statements that generate the rows of a test database, which is called a world. The n-th row of a kind depends only on n and on the
// world's size. Therefore two worlds of the same size are equal, and a row can refer to a different row without a lookup.

/** The numbers of rows. The number `secrets` includes deleted secrets (1 of 200). The number `grants` includes expired grants (1 of 20). */
export interface WorldSize {
  secrets: number;
  /** The number of principals. Four fifths of the principals are users, and one fifth are applications. */
  principals: number;
  groups: number;
  /** The number of grants. In addition, the world contains ended grants, a tenth of this number. */
  grants: number;
  /** The number of audit events. The events record reads of the last `LOGGED_DAYS` days. By default, the world contains no audit events. */
  events?: number;
}

/** The SQL statement that inserts the rows with numbers from `$1` to `$2`, excluding `$2`. */
export interface Fill {
  table: string;
  /** The number of rows. The row number `n` runs from 0 to `count`, excluding `count`. */
  count: number;
  sql: string;
}

/** The current time of the world. The history of the world starts two years before this time. */
export const PRESENT = new Date('2026-11-22T12:00:00Z');
const HISTORY_MS = 730 * 86_400_000;
/** The audit events of a world are distributed evenly over this number of days before the world's current time. */
export const LOGGED_DAYS = 170;
/**
 * The stream of the generated audit events. No gateway owns this stream. The hashes of the events form no chain, so a verification of the audit log
 * fails.
 */
export const LOGGED_STREAM = '01900000-0000-7000-8000-00000000beac';
/** The middle of the world's history. */
export const YEAR_AGO = new Date(PRESENT.getTime() - HISTORY_MS / 2);

/** The tags through which the members of the largest groups have READ, by group number. Each of these tags is on three tenths of all secrets. */
export const WIDE = ['env:prod', 'env:staging', 'env:dev'] as const;
/** The number of members of the largest group. The members of the last group are administrators. The members of the last but one group are auditors. */
const MOST_MEMBERS = 3_000;
const FEWEST_MEMBERS = 10;
/** One of this number of groups has `MOST_MEMBERS` members. */
const RANKED = 500;

const KINDS = [
  'user',
  'application',
  'group',
  'member',
  'role',
  'secret',
  'tag',
  'grant',
  'ended',
  'user period',
  'application period',
  'secret period',
  'event',
] as const;
type Kind = (typeof KINDS)[number];

/** An SQL expression for a number from 0 to 2^63. The number depends on the SQL expression `n` and on `salt`. */
const hash = (n: string, salt: number) => `(hashint8extended((${n})::bigint, ${salt}) & 9223372036854775807)`;
const padded = (n: string, digits: number) => `lpad((${n})::text, greatest(${digits}, length((${n})::text)), '0')`;

/** Returns the statements that generate a world of the size `size`, in order. Every user receives the password hash `passwordHash`. */
export function fillsOf(size: WorldSize, passwordHash: string): Fill[] {
  const users = Math.round(size.principals * 0.8);
  const applications = size.principals - users;
  const { secrets, groups, grants, principals, events = 0 } = size;
  const teams = groups;
  const apps = Math.ceil(secrets / 20);
  const ended = Math.floor(grants / 10);
  const counts: Record<Kind, number> = {
    user: users,
    application: applications,
    group: groups,
    member: groups * MOST_MEMBERS,
    role: principals + groups,
    secret: secrets,
    tag: secrets * 4,
    grant: grants,
    ended: Math.max(1, ended),
    'user period': users,
    'application period': applications,
    'secret period': secrets,
    event: events,
  };

  const began = PRESENT.getTime() - HISTORY_MS;
  const ms = (kind: Kind, n: string) => `(${began} + (${n})::bigint * ${HISTORY_MS} / ${counts[kind]})`;
  /** An SQL expression for a UUIDv7. The UUID increases with `n`, because the time in the UUID increases with `n`. */
  const id = (kind: Kind, n: string) =>
    `(lpad(to_hex(${ms(kind, n)}), 12, '0') || to_hex(28672 + (${hash(n, KINDS.indexOf(kind))} & 4095))
      || to_hex('-9223372036854775808'::bigint | (${hash(n, 100 + KINDS.indexOf(kind))} & 4611686018427387903)))::uuid`;
  const at = (kind: Kind, n: string) => `to_timestamp(${ms(kind, n)} / 1000.0)`;
  const present = `'${PRESENT.toISOString()}'::timestamptz`;
  const principal = (p: string) =>
    `CASE WHEN ${p} < ${users} THEN ${id('user', p)} ELSE ${id('application', `(${p}) - ${users}`)} END`;
  const team = (n: string) => `'team:' || ${padded(n, 2)}`;
  const app = (n: string) => `'app:' || ${padded(n, 3)}`;
  /** The alphabetical order of the names is unrelated to the order of the row numbers. */
  const name = (n: string) =>
    `(ARRAY['db','api','smtp','s3','oauth','tls','ftp','queue'])[1 + ${hash(n, 41)} % 8] || '_' || to_hex(${hash(n, 42)} & 16777215) || '_' || ${padded(n, 6)}`;
  const creator = (n: string) => id('user', `${hash(n, 43)} % ${users}`);
  const inactive = 'n % 50 = 49';
  const stopped = `${present} - interval '9 days'`;
  const deleted = `CASE n % 400 WHEN 7 THEN ${present} - interval '9 days' WHEN 207 THEN ${present} - interval '60 days' END`;
  const rows = `generate_series($1::bigint, $2::bigint - 1) n`;

  const access = (n: string) => `CASE ${hash(n, 61)} % 4
    WHEN 0 THEN ARRAY['READ', 'EXECUTE'] WHEN 1 THEN ARRAY['EXECUTE'] WHEN 2 THEN ARRAY['READ', 'UPDATE', 'EXECUTE'] ELSE ARRAY['READ'] END`;
  const spread = (n: string) => `((${n}) * 7919 % ${secrets})`;
  /**
   * Of ten grants, four are to groups on a team's tag (the first three on `WIDE`), three to creators on their secrets, two to applications
   * on an application's tag, and one to a user on a name. A fifth of these names belong to no secret.
   */
  const granted = (kind: 'grant' | 'ended', validTo: string) => `
    INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, secret_id, access, expires_at, granted_by, valid_from, valid_to)
    SELECT ${id(kind, 'n')}, g.subject_kind, g.subject_id, g.target_kind, g.target, g.secret_id, g.access,
      CASE (n + n / 10) % 20 WHEN 5 THEN ${present} - interval '10 days' WHEN 6 THEN ${present} + interval '90 days' END,
      ${id('user', '0')}, ${at(kind, 'n')}, ${validTo}
    FROM (SELECT n, n / 10 * 4 + n % 10 AS group_grant, n / 10 * 3 + n % 10 - 4 AS creator_grant,
        n / 10 * 2 + n % 10 - 7 AS application_grant, n / 10 AS user_grant FROM ${rows}) i
    CROSS JOIN LATERAL (
      SELECT 'GROUP' AS subject_kind, ${id('group', `group_grant % ${groups}`)} AS subject_id, 'TAG' AS target_kind,
        CASE WHEN group_grant < ${WIDE.length} THEN (ARRAY['${WIDE.join("','")}'])[1 + group_grant]
          ELSE ${team(`(group_grant % ${groups} + group_grant / ${groups} * 37) % ${teams}`)} END AS target,
        NULL::uuid AS secret_id, CASE WHEN group_grant < ${WIDE.length} THEN ARRAY['READ'] ELSE ${access('n')} END AS access
      WHERE n % 10 < 4
      UNION ALL SELECT 'USER', ${creator(spread('creator_grant'))}, 'SECRET', ${name(spread('creator_grant'))}, ${id('secret', spread('creator_grant'))},
        ARRAY['CREATE', 'READ', 'UPDATE', 'DELETE', 'EXECUTE'] WHERE n % 10 BETWEEN 4 AND 6
      UNION ALL SELECT 'APPLICATION', ${id('application', `application_grant % ${applications}`)}, 'TAG',
        ${app(`(application_grant * 31 + application_grant / ${applications}) % ${apps}`)}, NULL, ARRAY['READ', 'EXECUTE'] WHERE n % 10 BETWEEN 7 AND 8
      UNION ALL SELECT 'USER', ${id('user', `user_grant % ${users}`)}, 'SECRET',
        CASE WHEN user_grant % 5 = 0 THEN 'later_' || user_grant ELSE ${name(spread('user_grant + 3'))} END, NULL, ${access('n')} WHERE n % 10 = 9
    ) g`;

  const read = `(n * 7919 % ${secrets})`;
  const reader = `(n * 104729 % ${users})`;
  const minutes = LOGGED_DAYS * 1_440;
  const outside = (prefix: string, id: string) => `'${prefix}_' || replace((${id})::text, '-', '')`;
  /** The audit events of reads of secrets by users. The order of the event numbers is the order of the event ids. */
  const logged = `
    INSERT INTO audit_events (id, at, action, outcome, actor_kind, actor_id, actor_name, subject_kind, subject_id, subject_name, version,
      request_id, address, stream, seq, hash)
    SELECT (lpad(to_hex((extract(epoch FROM e.at) * 1000)::bigint), 12, '0') || '7000' || '8' || lpad(to_hex(n), 15, '0'))::uuid, e.at,
      CASE n % 10 WHEN 3 THEN 'SECRET_USE' ELSE 'SECRET_REVEAL' END, CASE n % 100 WHEN 7 THEN 'REFUSED' ELSE 'DONE' END,
      'USER', ${outside('usr', id('user', reader))}, 'user' || ${padded(reader, 5)} || '@example.com',
      'SECRET', ${outside('sec', id('secret', read))}, ${name(read)}, 1, to_hex(n), '127.0.0.1', '${LOGGED_STREAM}', n + 1, sha256(int8send(n))
    FROM ${rows} CROSS JOIN LATERAL (SELECT ${present} - interval '1 minute' * (${minutes}::float8 * (${Math.max(1, events)} - n) / ${Math.max(1, events)}) AS at) e`;

  return [
    {
      table: 'users',
      count: users,
      sql: `INSERT INTO users (id, username, name_key, name, email, password_hash, active, created_at)
        SELECT ${id('user', 'n')}, 'user' || ${padded('n', 5)} || '@example.com', 'user' || ${padded('n', 5)} || '@example.com', 'User ' || n, 'user' || ${padded('n', 5)} || '@example.com',
          '${passwordHash}', NOT ${inactive}, ${at('user', 'n')} FROM ${rows}`,
    },
    {
      table: 'applications',
      count: applications,
      sql: `INSERT INTO applications (id, name, description, created_at, created_by, updated_at, updated_by)
        SELECT ${id('application', 'n')}, 'application ' || ${padded('n', 5)}, NULL, ${at('application', 'n')}, ${id('user', `${hash('n', 44)} % ${users}`)},
          ${at('application', 'n')}, NULL FROM ${rows}`,
    },
    {
      table: 'groups',
      count: groups,
      sql: `INSERT INTO groups (id, name, name_key, description, created_at)
        SELECT ${id('group', 'n')}, 'group ' || ${padded('n', 4)}, 'group ' || ${padded('n', 4)}, 'Made for measuring', ${at('group', 'n')} FROM ${rows}`,
    },
    {
      // The members of a group have evenly spaced numbers, so that no principal is in a group twice. One of 20 memberships has ended.
      table: 'group_members',
      count: groups,
      sql: `INSERT INTO group_members (id, group_id, member_kind, member_id, valid_from, valid_to)
        SELECT ${id('member', 'm')}, ${id('group', 'n')}, CASE WHEN p < ${users} THEN 'USER' ELSE 'APPLICATION' END, ${principal('p')}, ${at('member', 'm')},
          CASE WHEN m % 20 = 13 THEN ${present} - interval '5 days' END
        FROM ${rows}
        CROSS JOIN LATERAL generate_series(0, ${sizeOfGroup('n', groups, principals)} - 1) i
        CROSS JOIN LATERAL (SELECT (${hash('n', 31)} % ${principals} + i * 7919) % ${principals} AS p, n * ${MOST_MEMBERS} + i AS m) j`,
    },
    {
      table: 'role_assignments',
      count: principals + groups,
      sql: `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from)
        SELECT ${id('role', 'n')}, r.subject_kind, r.subject_id, r.role, ${at('role', 'n')} FROM ${rows}
        CROSS JOIN LATERAL (
          SELECT 'USER' AS subject_kind, ${id('user', 'n')} AS subject_id,
            CASE WHEN n < 10 THEN 'ADMIN' WHEN n < 20 THEN 'AUDITOR' ELSE 'USER' END AS role WHERE n < ${users} AND (n < 20 OR n % 10 < 6)
          UNION ALL SELECT 'APPLICATION', ${id('application', `n - ${users}`)}, 'WORKER' WHERE n >= ${users} AND n < ${principals}
          UNION ALL SELECT 'GROUP', ${id('group', `n - ${principals}`)},
            CASE n WHEN ${principals + groups - 1} THEN 'ADMIN' WHEN ${principals + groups - 2} THEN 'AUDITOR' ELSE 'METADATA_MANAGER' END
            WHERE n >= ${principals} AND (n % 100 = 50 OR n >= ${principals + groups - 2})
        ) r`,
    },
    {
      // Of 400 secrets, one secret is deleted and can be restored, and one secret is purged.
      table: 'secrets',
      count: secrets,
      sql: `INSERT INTO secrets (id, name, description, current_version, expires_at, created_at, created_by, updated_at, updated_by, deleted_at, purged_at)
        SELECT ${id('secret', 'n')}, ${name('n')}, CASE WHEN n % 4 = 0 THEN 'Credential of service ' || n END, 1,
          CASE WHEN n % 10 = 0 THEN ${present} + (${hash('n', 45)} % 700 - 100) * interval '1 day' END,
          ${at('secret', 'n')}, ${creator('n')},
          ${at('secret', 'n')} + (${present} - ${at('secret', 'n')}) * (${hash('n', 46)} % 1000 / 1000.0), NULL,
          ${deleted},
          CASE WHEN n % 400 = 207 THEN ${present} - interval '30 days' END
        FROM ${rows}`,
    },
    {
      // Three tags are on three tenths of the secrets each, a team's tag on one secret of some 140, an application's tag on some 14
      // secrets. A few secrets have many tags.
      table: 'secret_tags',
      count: secrets,
      sql: `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from, valid_to)
        SELECT ${id('tag', 'n * 4 + least(k, 3)')}, ${id('secret', 'n')}, ${name('n')}, tag, ${at('secret', 'n')},
          CASE WHEN k = 3 OR n % 400 = 207 THEN ${present} - interval '30 days' END
        FROM ${rows} CROSS JOIN LATERAL (
          SELECT 0 AS k, (ARRAY['${WIDE.join("','")}'])[1 + ${hash('n', 51)} % 10 / 3] AS tag
          UNION ALL SELECT 1, ${team(`${hash('n', 52)} % ${teams}`)} WHERE ${hash('n', 53)} % 10 < 7
          UNION ALL SELECT 2, ${app(`${hash('n', 54)} % ${apps}`)} WHERE ${hash('n', 55)} % 10 < 7
          UNION ALL SELECT 3, 'team:was' WHERE n % 20 = 3
        ) t WHERE tag IS NOT NULL`,
    },
    ...(['user', 'application', 'secret'] as const).map((kind) => ({
      table: 'periods',
      count: counts[kind],
      sql: `INSERT INTO periods (id, object_kind, object_id, valid_from, valid_to)
        SELECT ${id(`${kind} period`, 'n')}, '${kind.toUpperCase()}', ${id(kind, 'n')}, ${at(kind, 'n')},
          ${kind === 'user' ? `CASE WHEN ${inactive} THEN ${stopped} END` : kind === 'secret' ? deleted : 'NULL::timestamptz'} FROM ${rows}`,
    })),
    { table: 'permissions', count: grants, sql: granted('grant', 'NULL') },
    { table: 'permissions', count: ended, sql: granted('ended', `${present} - interval '1 day'`) },
    ...(events === 0 ? [] : [{ table: 'audit_events', count: events, sql: logged }]),
  ];
}

/** The number of members of the n-th group, as an SQL expression: 3,000, 1,500, 1,000, … down to 10. Each occurs once per 500 groups. */
function sizeOfGroup(n: string, groups: number, principals: number): string {
  const most = Math.min(MOST_MEMBERS, Math.floor(principals * 0.6));
  const every = Math.max(1, Math.round(groups / RANKED));
  return `greatest(${Math.min(FEWEST_MEMBERS, most)}, ${most} / (1 + (${n}) / ${every}))`;
}

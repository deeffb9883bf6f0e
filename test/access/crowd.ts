// Creates a large database with a few statements. Query-plan tests and benchmarks use this database if they need no
// particular names or times.
import type { Sql } from '../../src/database/client.ts';
import type { Uuid } from '../../src/primitives/ids.ts';
import { asUuid } from '../support/brands.ts';

export interface Size {
  secrets: number;
  principals: number;
  groups: number;
  grants: number;
}

/** Returns the UUID of the user, group or secret with this number. The UUIDs sort in the same order as the numbers. */
export const uuid = (kind: 'user' | 'group' | 'secret', i: number): Uuid =>
  asUuid(`01900000-${{ user: '0001', group: '0002', secret: '0003' }[kind]}-7000-8000-${String(i).padStart(12, '0')}`);
const sqlUuid = (kind: 'user' | 'group' | 'secret', i: string) =>
  `('${uuid(kind, 0).slice(0, -12)}' || lpad((${i})::text, 12, '0'))::uuid`;

/**
 * Every secret has three tags, and every user is in four groups. Half of the grants are to groups, and half of the
 * grants are on names. User 1 has ADMIN. Each tag has many grants, so that the number of secrets of a user grows with
 * the number of all secrets.
 */
export async function crowd(sql: Sql, { secrets, principals, groups, grants }: Size, since: Date): Promise<void> {
  const tags = Math.max(10, Math.round(grants / 40));
  const at = [since];
  await sql.query(
    `INSERT INTO users (id, username, name_key, name, created_at) SELECT ${sqlUuid('user', 'i')}, 'user' || i, 'user' || i, 'user' || i, $1::timestamptz FROM generate_series(1, ${principals}) i`,
    at,
  );
  await sql.query(
    `INSERT INTO groups (id, name, name_key, created_at) SELECT ${sqlUuid('group', 'i')}, 'group' || i, 'group' || i, $1::timestamptz FROM generate_series(1, ${groups}) i`,
    at,
  );
  await sql.query(
    `INSERT INTO group_members (id, group_id, member_kind, member_id, valid_from)
     SELECT gen_random_uuid(), ${sqlUuid('group', `1 + (i * 7 + k * 131) % ${groups}`)}, 'USER', ${sqlUuid('user', 'i')}, $1::timestamptz
     FROM generate_series(1, ${principals}) i CROSS JOIN generate_series(0, 3) k ON CONFLICT DO NOTHING`,
    at,
  );
  for (let from = 1; from <= secrets; from += 20_000) {
    const range = `generate_series(${from}, ${Math.min(secrets, from + 19_999)}) i`;
    await sql.query(
      `INSERT INTO secrets (id, name, current_version, created_at, updated_at) SELECT ${sqlUuid('secret', 'i')}, 'secret' || i, 1, $1::timestamptz, $1::timestamptz FROM ${range}`,
      at,
    );
    await sql.query(
      `INSERT INTO secret_tags (id, secret_id, name, tag, valid_from)
       SELECT gen_random_uuid(), ${sqlUuid('secret', 'i')}, 'secret' || i, 'tag:' || (i * 13 + k * 101) % ${tags}, $1::timestamptz FROM ${range} CROSS JOIN generate_series(0, 2) k
       ON CONFLICT DO NOTHING`,
      at,
    );
    await sql.query(
      `INSERT INTO periods (id, object_kind, object_id, valid_from) SELECT gen_random_uuid(), 'SECRET', ${sqlUuid('secret', 'i')}, $1::timestamptz FROM ${range}`,
      at,
    );
  }
  await sql.query(
    `INSERT INTO periods (id, object_kind, object_id, valid_from) SELECT gen_random_uuid(), 'USER', ${sqlUuid('user', 'i')}, $1::timestamptz FROM generate_series(1, ${principals}) i`,
    at,
  );
  await sql.query(
    `INSERT INTO permissions (id, subject_kind, subject_id, target_kind, target, access, valid_from)
     SELECT gen_random_uuid(), CASE i % 2 WHEN 0 THEN 'GROUP' ELSE 'USER' END,
       CASE i % 2 WHEN 0 THEN ${sqlUuid('group', `1 + (i / 2) % ${groups}`)} ELSE ${sqlUuid('user', `1 + (i / 2) % ${principals}`)} END,
       CASE (i / 2) % 2 WHEN 0 THEN 'TAG' ELSE 'SECRET' END,
       CASE (i / 2) % 2 WHEN 0 THEN 'tag:' || (i * 17) % ${tags} ELSE 'secret' || (1 + (i * 19) % ${secrets}) END,
       ARRAY['READ', 'EXECUTE'], $1::timestamptz
     FROM generate_series(1, ${grants}) i ON CONFLICT DO NOTHING`,
    at,
  );
  await sql.query(
    `INSERT INTO role_assignments (id, subject_kind, subject_id, role, valid_from) SELECT gen_random_uuid(), 'USER', ${sqlUuid('user', '1')}, 'ADMIN', $1::timestamptz`,
    at,
  );
  for (const table of [
    'users',
    'groups',
    'group_members',
    'secrets',
    'secret_tags',
    'periods',
    'permissions',
    'role_assignments',
  ])
    await sql.query(`ANALYZE ${table}`);
}

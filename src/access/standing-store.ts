import type { Sql } from '../database/client.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import type { GroupRef, HeldRole, Standing } from './policy.ts';

/** What a token says of itself, to be held against what is stored. */
export interface Presented {
  kind: 'USER' | 'APPLICATION';
  /** UUID of the user or application. */
  id: string;
  generation: number;
  /** UUID of the access key, for applications. */
  accessKeyId: string | undefined;
  /** The signing key of the token. */
  kid: string;
}

interface Row {
  id: string;
  name: string;
  roles: HeldRole[];
  groups: GroupRef[];
  grants: { id: string; access: Access[]; tag: string; group: GroupRef | null; expiresAt: number | null }[];
}

/** Group memberships, roles and grants on tags that hold now, of the principal `p`. */
const HELD = `
  LEFT JOIN LATERAL (
    SELECT array_agg(g.id) AS ids, json_agg(json_build_object('id', g.id, 'name', g.name) ORDER BY g.name) AS refs
    FROM group_members m JOIN groups g ON g.id = m.group_id
    WHERE m.member_id = p.id AND m.valid_to IS NULL AND g.deleted_at IS NULL
  ) mine ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'role', r.role, 'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
    ) ORDER BY r.role) AS roles
    FROM role_assignments r LEFT JOIN groups g ON g.id = r.subject_id
    WHERE r.subject_id = ANY(array_append(mine.ids, p.id)) AND r.valid_to IS NULL
  ) held ON true
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_object(
      'id', t.id, 'access', t.access, 'tag', t.target,
      'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END,
      'expiresAt', extract(epoch FROM t.expires_at) * 1000
    ) ORDER BY t.id) AS grants
    FROM permissions t LEFT JOIN groups g ON g.id = t.subject_id
    WHERE t.subject_id = ANY(array_append(mine.ids, p.id)) AND t.target_kind = 'TAG' AND t.valid_to IS NULL
  ) granted ON true`;

const COLUMNS = `COALESCE(held.roles, '[]') AS roles, COALESCE(mine.refs, '[]') AS groups, COALESCE(granted.grants, '[]') AS grants`;

const KEY_STANDS = 'EXISTS (SELECT 1 FROM signing_keys s WHERE s.id = $3 AND s.revoked_at IS NULL)';

const ACTIVE_USER = 'p.id = $1::uuid AND p.active AND p.deleted_at IS NULL';
const ACTIVE_APPLICATION = 'p.id = $1::uuid AND p.deleted_at IS NULL';

const USER = `SELECT p.id, p.username AS name, ${COLUMNS} FROM users p ${HELD}
  WHERE ${ACTIVE_USER} AND p.token_generation = $2::int AND ${KEY_STANDS}`;

const APPLICATION = `SELECT p.id, p.name, ${COLUMNS} FROM applications p
  JOIN access_keys k ON k.id = $4::uuid AND k.application_id = p.id ${HELD}
  WHERE ${ACTIVE_APPLICATION} AND k.active AND k.deleted_at IS NULL AND k.token_generation = $2::int
    AND (k.expires_at IS NULL OR k.expires_at > $5::timestamptz) AND ${KEY_STANDS}`;

/** The standing of whoever presents a token, in one statement; undefined if it stands for nobody active any more. */
export async function readStanding(sql: Sql, presented: Presented, now: Date): Promise<Standing | undefined> {
  const { kind, id, generation, kid, accessKeyId } = presented;
  const [row] =
    kind === 'USER'
      ? await sql.query<Row>(USER, [id, generation, kid])
      : await sql.query<Row>(APPLICATION, [id, generation, kid, accessKeyId ?? null, now]);
  return row && toStanding(kind, row);
}

const ANY_USER = `SELECT p.id, p.username AS name, ${COLUMNS} FROM users p ${HELD} WHERE ${ACTIVE_USER}`;
const ANY_APPLICATION = `SELECT p.id, p.name, ${COLUMNS} FROM applications p ${HELD} WHERE ${ACTIVE_APPLICATION}`;

/** The standing of whoever is asked about, signed in or not, in one statement; undefined for one that is inactive or gone. */
export async function readStandingOf(sql: Sql, kind: Standing['kind'], id: string): Promise<Standing | undefined> {
  const [row] = await sql.query<Row>(kind === 'USER' ? ANY_USER : ANY_APPLICATION, [id]);
  return row && toStanding(kind, row);
}

function toStanding(kind: Standing['kind'], row: Row): Standing {
  return {
    kind,
    id: row.id,
    name: row.name,
    roles: row.roles as { role: Role; group: GroupRef | null }[],
    groups: row.groups,
    tagGrants: row.grants.map((grant) => ({
      ...grant,
      expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt),
    })),
  };
}

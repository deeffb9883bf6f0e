// Finds the applications that a caller can act as. The manager of an application can create an access key for the application, sign in with this
// access key, and then use the application's grants. Therefore a tag that gives an application access to a secret also gives the application's
// manager this access.
import type { Sql } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Entitlements, Grant } from '../principals/principal.ts';
import { missingRolesSql } from '../principals/role-store.ts';
import { accessTo, FREE_APPLICATION_ROLES, gained, type SecretLabels } from './policy.ts';

/** A principal that `holder` can act as, together with the principal's grants that apply to a secret. `holder` can always act as itself. */
export interface ReachablePrincipal {
  /**
   * UUID of the caller. If the caller is an application, another principal may be acting through it. `holder` can then also be the UUID of a
   * principal that created the application or one of its access keys.
   */
  holder: Uuid;
  /**
   * False if the principal is an application, and `holder` cannot create access keys for this application. `holder` may still have an old access key
   * of the application.
   */
  canCreateKey: boolean;
  nameGrants: Grant[];
  tagGrants: Grant[];
}

/**
 * Returns the accesses to a secret that the caller would gain if tags were added to the secret. The result includes accesses that a principal who may
 * be acting through the caller would gain.
 */
export function accessGainedByTags(
  reachable: readonly ReachablePrincipal[],
  secret: Pick<SecretLabels, 'name' | 'tags'>,
  added: readonly TagText[],
  now: Date,
): Access[] {
  const paths = ({ nameGrants, tagGrants }: ReachablePrincipal, tags: readonly TagText[]) =>
    accessTo({ roles: [], tagGrants }, { name: secret.name, tags, nameGrants }, now);
  const all = new Set<Access>();
  for (const holder of new Set(reachable.map((principal) => principal.holder))) {
    const ofHolder = reachable.filter((principal) => principal.holder === holder);
    const held = ofHolder
      .filter((principal) => principal.canCreateKey)
      .flatMap((principal) => paths(principal, secret.tags));
    for (const principal of ofHolder) {
      const after = paths(principal, [...secret.tags, ...added]);
      for (const access of gained([...held, ...paths(principal, secret.tags)], after)) all.add(access);
    }
  }
  return [...all];
}

const HAS_ROLE = (id: string, which: string) => `EXISTS (
    SELECT 1 FROM role_assignments r WHERE r.valid_to IS NULL AND ${which} AND (r.subject_id = ${id}
      OR r.subject_id IN (SELECT m.group_id FROM group_members m WHERE m.member_id = ${id} AND m.valid_to IS NULL)))`;

/**
 * The parameters are: `$1` the caller, `$2` the roles of an application that do not prevent the caller from creating an access key, `$3` tags, `$4`
 * the secret's name, and `$5` the secret's id.
 */
const REACH = `
  WITH RECURSIVE behind(id) AS (
    SELECT $1::uuid
    UNION SELECT maker.id FROM behind b JOIN (
      SELECT a.id AS application, a.created_by AS id FROM applications a WHERE a.deleted_at IS NULL
      UNION ALL SELECT k.application_id, k.created_by FROM access_keys k WHERE k.deleted_at IS NULL
    ) maker ON maker.application = b.id WHERE maker.id IS NOT NULL
  ), reach(holder, id, usable) AS (
    SELECT b.id, b.id, true FROM behind b WHERE NOT ${HAS_ROLE('b.id', "r.role = 'ADMIN'")}
    UNION SELECT h.holder, a.id, h.usable AND NOT EXISTS (${missingRolesSql('a.id', '$1', '$2')})
    FROM reach h JOIN applications a ON a.deleted_at IS NULL
      AND (a.created_by = h.id OR ${HAS_ROLE('h.id', "r.role = 'APPLICATION_MANAGER'")})
    WHERE NOT ${HAS_ROLE('a.id', "r.role = 'ADMIN'")}
  ), bearing AS (
    SELECT p.* FROM permissions p WHERE p.valid_to IS NULL AND (
      p.target_kind = 'TAG' AND p.target = ANY($3::text[])
      OR p.target_kind = 'SECRET' AND p.target = $4 AND (p.secret_id IS NULL OR p.secret_id = $5::uuid))
  ), given(principal, id, access, tag, expires_at) AS (
    SELECT COALESCE(m.member_id, p.subject_id), p.id, p.access, CASE p.target_kind WHEN 'TAG' THEN p.target END, p.expires_at
    FROM bearing p LEFT JOIN group_members m ON m.group_id = p.subject_id AND m.valid_to IS NULL
  )
  SELECT one.holder, one.usable AS "canCreateKey", json_agg(json_build_object(
    'id', g.id, 'access', g.access, 'tag', g.tag, 'group', NULL, 'expiresAt', extract(epoch FROM g.expires_at) * 1000)) AS grants
  FROM (SELECT holder, id, bool_or(usable) AS usable FROM reach GROUP BY holder, id) one JOIN given g ON g.principal = one.id
  GROUP BY one.holder, one.id, one.usable`;

interface Row {
  holder: Uuid;
  canCreateKey: boolean;
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[];
}

/**
 * Reads the principals that the caller can act as, in one SQL statement. If other principals may be acting through the caller, also reads the
 * principals that these other principals can act as. Omits each principal that has ADMIN.
 */
export async function readReachablePrincipals(
  sql: Sql,
  entitlements: Entitlements,
  secret: { id: Uuid; name: string; tags: readonly TagText[] },
  added: readonly TagText[],
): Promise<ReachablePrincipal[]> {
  const rows = await sql.query<Row>(REACH, [
    entitlements.id,
    FREE_APPLICATION_ROLES,
    [...secret.tags, ...added],
    secret.name,
    secret.id,
  ]);
  return rows.map(({ holder, canCreateKey, grants }) => {
    const all = grants.map((grant) => ({
      ...grant,
      expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt),
    }));
    return {
      holder,
      canCreateKey,
      nameGrants: all.filter((grant) => grant.tag === null),
      tagGrants: all.filter((grant) => grant.tag !== null),
    };
  });
}

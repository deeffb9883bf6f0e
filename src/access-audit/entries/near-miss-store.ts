import type { Permission } from '../../access/permission.ts';
import { COLUMNS, type Row, toPermission } from '../../access/permission-store.ts';
import type { Sql } from '../../database/client.ts';
import type { Access, NearMissReason } from '../../generated/vocabulary.ts';
import type { Uuid } from '../../primitives/ids.ts';
import { relation } from './access-relation.ts';

/** A grant that nearly gives the access that a principal lacks. */
export interface NearGrant {
  permission: Permission;
  /** The name of the group that has the grant; null if the grant is not to a group. */
  groupName: string | null;
  reason: NearMissReason;
}

/** An access that a principal does not have. */
export interface DeniedAccess {
  /** UUID. */
  principalId: Uuid;
  active: boolean;
  secretName: string;
  /**
   * Null if the secret does not exist or the caller may not see the secret. If null, the result includes every grant on the secret's name, even a
   * grant for one secret only.
   */
  secretId: Uuid | null;
  access: Access;
  /** Whether the result also includes grants to groups that the principal is not a member of. */
  ofOthers: boolean;
  now: Date;
}

/**
 * Finds at most `limit` grants that nearly give the access, in one SQL statement. The grants are in this order: (1) grants that would give the access
 * if the principal were active; (2) expired grants, latest expiry first; (3) grants that do not contain the access; (4) grants to groups that the
 * principal is not a member of; (5) grants on tags that the secret does not have.
 */
export async function findNearMisses(sql: Sql, refusal: DeniedAccess, limit: number): Promise<NearGrant[]> {
  const params: unknown[] = [];
  const place = (value: unknown) => `$${params.push(value)}`;
  const sqlFor = relation(place, { now: refusal.now, at: null }, null);
  const [principal, secret] = [`${place(refusal.principalId)}::uuid`, `${place(refusal.secretId)}::uuid`];
  const [wanted, now, most] = [
    `${place(refusal.access)}::text`,
    `${place(refusal.now)}::timestamptz`,
    `${place(limit)}::int`,
  ];
  const gives = `${wanted} = ANY(p.access)`;
  const holds = '(p.expires_at IS NULL OR p.expires_at > '.concat(now, ')');
  const onName = `p.target_kind = 'SECRET' AND p.target = s.name AND (s.id IS NULL OR p.secret_id IS NULL OR p.secret_id = s.id)`;
  const named = `(SELECT s.id, s.name FROM secrets s WHERE s.id = ${secret}
    UNION ALL SELECT NULL, ${place(refusal.secretName)}::text WHERE ${secret} IS NULL)`;
  const rows = await sql.query<Row & Omit<NearGrant, 'permission'>>(
    `WITH holders AS MATERIALIZED (${sqlFor.holders(principal)}), reaching AS (
       SELECT p.* FROM ${named} s JOIN holders h ON true JOIN permissions p ON p.subject_id = h.id AND ${onName} AND p.valid_to IS NULL
       UNION ALL
       SELECT p.* FROM secret_tags t JOIN holders h ON true
         JOIN permissions p ON p.subject_id = h.id AND p.target_kind = 'TAG' AND p.target = t.tag AND p.valid_to IS NULL
         WHERE t.secret_id = ${secret} AND t.valid_to IS NULL
     ), near AS (
       (SELECT 1 AS far, 'PRINCIPAL_INACTIVE' AS reason, p.* FROM reaching p WHERE ${gives} AND ${holds} AND NOT ${place(refusal.active)}::boolean LIMIT ${most})
       UNION ALL (SELECT 2, 'EXPIRED', p.* FROM reaching p WHERE ${gives} AND NOT ${holds} ORDER BY p.expires_at DESC LIMIT ${most})
       UNION ALL (SELECT 3, 'OTHER_ACCESS', p.* FROM reaching p WHERE NOT ${gives} AND ${holds} LIMIT ${most})
       ${
         refusal.ofOthers
           ? `UNION ALL (SELECT 4, 'NOT_A_MEMBER', p.* FROM secrets s
                JOIN permissions p ON p.subject_kind = 'GROUP' AND ${onName} AND p.valid_to IS NULL AND ${gives} AND ${holds}
                WHERE s.id = ${secret} AND p.subject_id NOT IN (SELECT h.id FROM holders h) LIMIT ${most})
              UNION ALL (SELECT 4, 'NOT_A_MEMBER', p.* FROM secret_tags t
                JOIN permissions p ON p.subject_kind = 'GROUP' AND p.target_kind = 'TAG' AND p.target = t.tag AND p.valid_to IS NULL AND ${gives} AND ${holds}
                WHERE t.secret_id = ${secret} AND t.valid_to IS NULL AND p.subject_id NOT IN (SELECT h.id FROM holders h) LIMIT ${most})`
           : ''
       }
       UNION ALL (SELECT CASE WHEN ${holds} THEN 5 ELSE 6 END, CASE WHEN ${holds} THEN 'SECRET_LACKS_TAG' ELSE 'EXPIRED' END, p.*
         FROM holders h JOIN permissions p ON p.subject_id = h.id AND p.target_kind = 'TAG' AND p.valid_to IS NULL AND ${gives}
         WHERE (${holds} OR ${secret} IS NULL)
           AND p.target NOT IN (SELECT t.tag FROM secret_tags t WHERE t.secret_id = ${secret} AND t.valid_to IS NULL)
         ORDER BY 1, p.id LIMIT ${most})
     )
     SELECT p.reason, g.name AS "groupName", ${COLUMNS} FROM near p LEFT JOIN groups g ON g.id = p.subject_id
     ORDER BY p.far, CASE p.reason WHEN 'EXPIRED' THEN p.expires_at END DESC, p.id LIMIT ${most}`,
    params,
  );
  return rows.map(({ reason, groupName, ...row }) => ({ reason, groupName, permission: toPermission(row) }));
}

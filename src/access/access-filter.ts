// SQL that states rules of policy.ts for lists: the secrets, environment variables and applications that a principal has access to.

/** The parameters of a filter, as placeholders (`$n`) or SQL expressions. */
export interface AccessCondition {
  /** uuid[]: the principal and its groups. */
  subjects: string;
  /** timestamptz: the present time. */
  now: string;
  /** text[]: a grant of any of these accesses is enough. */
  access: string;
}

/** SQL for the condition that a grant `p` on a tag or a name gives access. */
const grants = (kind: 'TAG' | 'SECRET' | 'ENV_VARIABLE', { subjects, now, access }: AccessCondition) =>
  `p.target_kind = '${kind}' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]`;

/** SQL for the tags (`tag`) that give the principal access, without duplicates. */
export const tagsGivingAccess = (condition: AccessCondition) =>
  `SELECT DISTINCT p.target AS tag FROM permissions p WHERE ${grants('TAG', condition)}`;

/** SQL for the secret names (`name`) that give the principal access. `secret_id` is set if the grant is for one secret only. */
export const namesGivingAccess = (condition: AccessCondition) =>
  `SELECT p.target AS name, p.secret_id FROM permissions p WHERE ${grants('SECRET', condition)}`;

/** SQL for the ids of the secrets to which the principal has access by a tag or by the name. Ids can occur twice. */
export const accessibleSecrets = (condition: AccessCondition) => `
  SELECT t.secret_id FROM permissions p JOIN secret_tags t ON t.tag COLLATE "C" = p.target AND t.valid_to IS NULL
  WHERE ${grants('TAG', condition)}
  UNION ALL
  SELECT n.id FROM permissions p JOIN secrets n ON n.name COLLATE "C" = p.target AND (p.secret_id IS NULL OR p.secret_id = n.id)
  WHERE ${grants('SECRET', condition)}`;

/**
 * SQL for whether the principal has access to one secret, for statements that check secrets one by one. `secret` is an alias with the columns `id`
 * and `name`. The granted tags are read once for the statement. `OFFSET 0` keeps the planner from using a join, which would read all accessible
 * secrets.
 */
export const isAccessible = (condition: AccessCondition, secret = 's') => `(
  EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = ${secret}.id AND t.valid_to IS NULL AND t.tag = ANY (ARRAY(
    SELECT p.target FROM permissions p WHERE ${grants('TAG', condition)})) OFFSET 0)
  OR EXISTS (SELECT FROM permissions p
    WHERE p.target = ${secret}.name AND (p.secret_id IS NULL OR p.secret_id = ${secret}.id) AND ${grants('SECRET', condition)} OFFSET 0))`;

/**
 * SQL for the names of the environment variables that the principal can read by a tag or by the name. Includes names without a variable. Implements
 * the grants part of `mayReadVariable`.
 */
export const accessibleVariables = (condition: AccessCondition) => `
  SELECT t.resource FROM permissions p
  JOIN resource_tags t ON t.tag COLLATE "C" = p.target AND t.kind = 'ENV_VARIABLE' AND t.valid_to IS NULL
  WHERE ${grants('TAG', condition)}
  UNION ALL
  SELECT p.target FROM permissions p WHERE ${grants('ENV_VARIABLE', condition)}`;

/**
 * SQL for the global ids of the applications that a principal without a view of all applications sees: the principal itself, and applications that
 * the principal created. `principal` is the placeholder of a uuid.
 */
export const visibleApplications = (principal: string) => `
  SELECT 'app_' || replace(a.id::text, '-', '') FROM applications a
  WHERE a.deleted_at IS NULL AND (a.id = ${principal}::uuid OR a.created_by = ${principal}::uuid)`;

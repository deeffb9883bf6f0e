// SQL for the lists of secrets, environment variables and applications to which a principal has access. The SQL implements rules of policy.ts.

/** The parameters of an access filter. Each parameter is a placeholder (`$n`) or an SQL expression. */
export interface AccessCondition {
  /** The UUIDs of the principal and its groups, as uuid[]. */
  subjects: string;
  /** The present time, as timestamptz. */
  now: string;
  /** The requested accesses, as text[]. A grant gives access if it contains at least one requested access. */
  access: string;
}

/** SQL for the condition that a grant `p` on a tag or a name gives access. */
const grants = (kind: 'TAG' | 'SECRET' | 'ENV_VARIABLE', { subjects, now, access }: AccessCondition) =>
  `p.target_kind = '${kind}' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]`;

/** SQL for the tags (`tag`) that give the principal access, without duplicates. */
export const tagsGivingAccess = (condition: AccessCondition) =>
  `SELECT DISTINCT p.target AS tag FROM permissions p WHERE ${grants('TAG', condition)}`;

/** SQL for the secret names (`name`) that give the principal access. `secret_id` is null unless the grant is for one secret only. */
export const namesGivingAccess = (condition: AccessCondition) =>
  `SELECT p.target AS name, p.secret_id FROM permissions p WHERE ${grants('SECRET', condition)}`;

/**
 * SQL for the ids of the secrets to which the principal has access, through a tag or through the secret's name. The SQL result can contain an id
 * twice.
 */
export const accessibleSecrets = (condition: AccessCondition) => `
  SELECT t.secret_id FROM permissions p JOIN secret_tags t ON t.tag COLLATE "C" = p.target AND t.valid_to IS NULL
  WHERE ${grants('TAG', condition)}
  UNION ALL
  SELECT n.id FROM permissions p JOIN secrets n ON n.name COLLATE "C" = p.target AND (p.secret_id IS NULL OR p.secret_id = n.id)
  WHERE ${grants('SECRET', condition)}`;

/**
 * SQL for whether the principal has access to one secret, for statements that check secrets one by one. `secret` is an alias with the columns `id`
 * and `name`. PostgreSQL reads the granted tags once for each statement. With `OFFSET 0`, PostgreSQL's planner does not use a join, which would read
 * all accessible secrets.
 */
export const isAccessible = (condition: AccessCondition, secret = 's') => `(
  EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = ${secret}.id AND t.valid_to IS NULL AND t.tag = ANY (ARRAY(
    SELECT p.target FROM permissions p WHERE ${grants('TAG', condition)})) OFFSET 0)
  OR EXISTS (SELECT FROM permissions p
    WHERE p.target = ${secret}.name AND (p.secret_id IS NULL OR p.secret_id = ${secret}.id) AND ${grants('SECRET', condition)} OFFSET 0))`;

/**
 * SQL for the names of the environment variables that the principal can read through a grant on a tag or on the variable's name. The result includes
 * granted names for which no variable exists. The SQL implements the rule of `mayReadVariable` for grants. The SQL ignores access through roles.
 */
export const accessibleVariables = (condition: AccessCondition) => `
  SELECT t.resource FROM permissions p
  JOIN resource_tags t ON t.tag COLLATE "C" = p.target AND t.kind = 'ENV_VARIABLE' AND t.valid_to IS NULL
  WHERE ${grants('TAG', condition)}
  UNION ALL
  SELECT p.target FROM permissions p WHERE ${grants('ENV_VARIABLE', condition)}`;

/**
 * SQL for the global ids of the applications that a principal sees, for a principal that may not see all applications. The principal sees itself and
 * the applications that it created. `principal` is the placeholder of a uuid.
 */
export const visibleApplications = (principal: string) => `
  SELECT 'app_' || replace(a.id::text, '-', '') FROM applications a
  WHERE a.deleted_at IS NULL AND (a.id = ${principal}::uuid OR a.created_by = ${principal}::uuid)`;

/** What gives somebody access. Each is a place (`$n`), or an expression: of uuid[], timestamptz and text[]. */
export interface Holder {
  subjects: string;
  now: string;
  /** Any of these will do. */
  access: string;
}

/** SQL for the grants `p` on tags, or on names of secrets or of variables. */
const grants = (kind: 'TAG' | 'SECRET' | 'ENV_VARIABLE', { subjects, now, access }: Holder) =>
  `p.target_kind = '${kind}' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]`;

/** SQL for the tags (`tag`) by which somebody has access, each once. */
export const tagsGivingAccess = (having: Holder) =>
  `SELECT DISTINCT p.target AS tag FROM permissions p WHERE ${grants('TAG', having)}`;

/** SQL for the names (`name`) by which somebody has access, each with the one secret it is good for (`secret_id`), if it is for one only. */
export const namesGivingAccess = (having: Holder) =>
  `SELECT p.target AS name, p.secret_id FROM permissions p WHERE ${grants('SECRET', having)}`;

/** SQL for the ids of secrets on which somebody has access, by tag or by name: the policy's rule, for lists. */
export const accessibleSecrets = (having: Holder) => `
  SELECT t.secret_id FROM permissions p JOIN secret_tags t ON t.tag COLLATE "C" = p.target AND t.valid_to IS NULL
  WHERE ${grants('TAG', having)}
  UNION ALL
  SELECT n.id FROM permissions p JOIN secrets n ON n.name COLLATE "C" = p.target AND (p.secret_id IS NULL OR p.secret_id = n.id)
  WHERE ${grants('SECRET', having)}`;

/**
 * SQL for whether one secret is among them, for statements that check secrets one by one. `secret` is an alias with the columns `id` and
 * `name`. Reads the tags once. `OFFSET 0` keeps the planner from turning it into a join, which would read all secrets that are reached.
 */
export const isAccessible = (having: Holder, secret = 's') => `(
  EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = ${secret}.id AND t.valid_to IS NULL AND t.tag = ANY (ARRAY(
    SELECT p.target FROM permissions p WHERE ${grants('TAG', having)})) OFFSET 0)
  OR EXISTS (SELECT FROM permissions p
    WHERE p.target = ${secret}.name AND (p.secret_id IS NULL OR p.secret_id = ${secret}.id) AND ${grants('SECRET', having)} OFFSET 0))`;

/**
 * SQL for the names of environment variables on which somebody has access, by tag or by name, whether or not there is one of the name:
 * `mayReadVariable`, for lists.
 */
export const accessibleVariables = (having: Holder) => `
  SELECT t.resource FROM permissions p
  JOIN resource_tags t ON t.tag COLLATE "C" = p.target AND t.kind = 'ENV_VARIABLE' AND t.valid_to IS NULL
  WHERE ${grants('TAG', having)}
  UNION ALL
  SELECT p.target FROM permissions p WHERE ${grants('ENV_VARIABLE', having)}`;

/** SQL for the outside ids of the applications that show to who does not see them all: itself, and those it made. The argument is the place of a uuid. */
export const visibleApplications = (principal: string) => `
  SELECT 'app_' || replace(a.id::text, '-', '') FROM applications a
  WHERE a.deleted_at IS NULL AND (a.id = ${principal}::uuid OR a.created_by = ${principal}::uuid)`;

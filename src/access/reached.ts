/**
 * SQL for the ids of secrets on which any of some accesses is granted to some subjects, by tag or by name: the policy's rule, for lists.
 * The arguments are the places (`$n`) of uuid[], timestamptz and text[].
 */
export const reached = (subjects: string, now: string, access: string) => `
  SELECT t.secret_id FROM permissions p JOIN secret_tags t ON t.tag COLLATE "C" = p.target AND t.valid_to IS NULL
  WHERE p.target_kind = 'TAG' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]
  UNION ALL
  SELECT n.id FROM permissions p JOIN secrets n ON n.name COLLATE "C" = p.target AND (p.secret_id IS NULL OR p.secret_id = n.id)
  WHERE p.target_kind = 'SECRET' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]`;

/**
 * SQL for whether the secret `s` (its columns `id` and `name`) is among them: for who looks at secrets one by one. The tags are read once.
 * `OFFSET 0` keeps the planner from making a join of it, which would read all of them.
 */
export const isReached = (subjects: string, now: string, access: string) => `(
  EXISTS (SELECT FROM secret_tags t WHERE t.secret_id = s.id AND t.valid_to IS NULL AND t.tag = ANY (ARRAY(
    SELECT p.target FROM permissions p
    WHERE p.target_kind = 'TAG' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
      AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[])) OFFSET 0)
  OR EXISTS (SELECT FROM permissions p
    WHERE p.target_kind = 'SECRET' AND p.target = s.name AND (p.secret_id IS NULL OR p.secret_id = s.id)
      AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
      AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[] OFFSET 0))`;

/**
 * SQL for the names of environment variables on which any of some accesses is granted to some subjects, by tag or by name, whether or not
 * there is one of the name: `mayReadVariable`, for lists. The arguments are as above.
 */
export const reachedVariables = (subjects: string, now: string, access: string) => `
  SELECT t.resource FROM permissions p
  JOIN resource_tags t ON t.tag COLLATE "C" = p.target AND t.kind = 'ENV_VARIABLE' AND t.valid_to IS NULL
  WHERE p.target_kind = 'TAG' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]
  UNION ALL
  SELECT p.target FROM permissions p
  WHERE p.target_kind = 'ENV_VARIABLE' AND p.subject_id = ANY(${subjects}::uuid[]) AND p.valid_to IS NULL
    AND (p.expires_at IS NULL OR p.expires_at > ${now}::timestamptz) AND p.access && ${access}::text[]`;

/** SQL for the outside ids of the applications that show to who does not see them all: itself, and those it made. The argument is the place of a uuid. */
export const visibleApplications = (principal: string) => `
  SELECT 'app_' || replace(a.id::text, '-', '') FROM applications a
  WHERE a.deleted_at IS NULL AND (a.id = ${principal}::uuid OR a.created_by = ${principal}::uuid)`;

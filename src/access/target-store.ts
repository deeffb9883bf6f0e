import type { Sql } from '../database/client.ts';
import type { Access, ResourceType } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Position } from '../primitives/pages.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Grant } from '../principals/principal.ts';
import { accessibleSecrets, visibleApplications } from './access-filter.ts';
import type { Target } from './permission.ts';
import type { SecretLabels } from './policy.ts';

interface LabelsRow {
  tags: TagText[];
  grants: (Omit<Grant, 'expiresAt'> & { expiresAt: number | null })[];
}

/**
 * Reads the labels of a resource, or the labels that a new secret with this name would have. The labels are the tags, and the grants to these
 * subjects on the name.
 */
export async function readLabels(sql: Sql, subjects: readonly Uuid[], target: Target): Promise<SecretLabels> {
  const [row] = await sql.query<LabelsRow>(
    `SELECT
       ARRAY(SELECT t.tag FROM resource_tags t WHERE t.kind = $2 AND t.resource COLLATE "C" = $3 AND t.valid_to IS NULL) AS tags,
       COALESCE((SELECT json_agg(json_build_object(
           'id', p.id, 'access', p.access, 'tag', NULL, 'expiresAt', extract(epoch FROM p.expires_at) * 1000,
           'group', CASE WHEN g.id IS NULL THEN NULL ELSE json_build_object('id', g.id, 'name', g.name) END
         ) ORDER BY p.id)
         FROM permissions p LEFT JOIN groups g ON g.id = p.subject_id
         WHERE p.target_kind = $2 AND p.target = $3 AND p.secret_id IS NULL AND p.subject_id = ANY($1::uuid[]) AND p.valid_to IS NULL
       ), '[]') AS grants`,
    [subjects, target.kind, target.text],
  );
  const nameGrants = (row?.grants ?? []).map((grant) => ({
    ...grant,
    expiresAt: grant.expiresAt === null ? null : new Date(grant.expiresAt),
  }));
  return { name: target.text, tags: row?.tags ?? [], nameGrants };
}

/** Returns the UUIDs of all roles that these principals and groups have, both system roles and custom roles. */
export async function readRoleIds(sql: Sql, holders: readonly Uuid[]): Promise<Uuid[]> {
  const rows = await sql.query<{ id: Uuid }>(
    `SELECT d.id FROM role_assignments r JOIN role_definitions d ON d.system AND d.name = r.role
       WHERE r.subject_id = ANY($1::uuid[]) AND r.valid_to IS NULL
     UNION SELECT c.role_id FROM custom_role_assignments c WHERE c.subject_id = ANY($1::uuid[]) AND c.valid_to IS NULL`,
    [holders],
  );
  return rows.map((row) => row.id);
}

/** A secret or resource, and one of its tags on which a subject has a grant. */
export interface TaggedTarget {
  target: { kind: 'SECRET' | ResourceType; text: string };
  /** `key:value`. */
  tag: TagText;
  /** The accesses that the subject's grants on the tag give. */
  access: Access[];
}

/** The data that decides which secrets and resources a viewer sees. */
export interface TaggedViewer {
  allSecrets: boolean;
  allResources: boolean;
  /** UUIDs of the viewer and its groups. */
  subjects: readonly Uuid[];
  /** A viewer with a grant of one of these accesses sees a secret or resource. */
  seeing: readonly Access[];
  /** UUID of a viewer who sees only itself and the applications that it created. Null if the viewer sees all applications. */
  applicationsOf: Uuid | null;
  /** A viewer with a grant of one of these accesses sees an environment variable. */
  seeingVariables: readonly Access[];
}

/**
 * Lists the secrets and resources to which a subject's grants on tags give access at `now`. Returns at most `limit` of these objects, sorted by tag,
 * starting after the position `after`.
 */
export async function listTagged(
  sql: Sql,
  { subjectId, viewer, now }: { subjectId: Uuid; viewer: TaggedViewer; now: Date },
  limit: number,
  after?: Position,
): Promise<(TaggedTarget & Position)[]> {
  const rows = await sql.query<{
    id: Uuid;
    tag: TagText;
    kind: TaggedTarget['target']['kind'];
    text: string;
    access: Access[];
  }>(
    `WITH granted AS (
       SELECT p.target AS tag, array_agg(DISTINCT a.access) AS access FROM permissions p CROSS JOIN unnest(p.access) a(access)
       WHERE p.subject_id = $1::uuid AND p.target_kind = 'TAG' AND p.valid_to IS NULL
         AND (p.expires_at IS NULL OR p.expires_at > $2::timestamptz)
       GROUP BY p.target
     ), carried AS (
       SELECT t.id, t.tag, 'SECRET' AS kind, s.name AS text FROM secret_tags t JOIN secrets s ON s.id = t.secret_id
       WHERE t.valid_to IS NULL AND s.deleted_at IS NULL AND ($3::boolean OR s.id IN (${accessibleSecrets({ subjects: '$5', now: '$2', access: '$6' })}))
       UNION ALL SELECT r.id, r.tag, r.kind, r.resource FROM resource_tags r WHERE r.valid_to IS NULL
     )
     SELECT c.id, g.tag, c.kind, c.text, g.access FROM granted g JOIN carried c ON c.tag COLLATE "C" = g.tag
     WHERE (c.kind = 'SECRET' OR $4::boolean OR g.access && CASE c.kind WHEN 'ENV_VARIABLE' THEN $10::text[] ELSE $6::text[] END)
       AND (c.kind <> 'APPLICATION' OR $11::uuid IS NULL OR c.text IN (${visibleApplications('$11')}))
       AND ($7::text IS NULL OR (g.tag COLLATE "C", c.id) > ($7::text, $8::uuid))
     ORDER BY g.tag COLLATE "C", c.id LIMIT $9::int`,
    [
      subjectId,
      now,
      viewer.allSecrets,
      viewer.allResources,
      viewer.subjects,
      viewer.seeing,
      after?.key ?? null,
      after?.id ?? null,
      limit,
      viewer.seeingVariables,
      viewer.applicationsOf,
    ],
  );
  return rows.map(({ id, tag, kind, text, access }) => ({ id, key: tag, tag, access, target: { kind, text } }));
}

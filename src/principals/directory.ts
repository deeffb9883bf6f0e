import type DataLoader from 'dataloader';
import type { EventSubject } from '../audit/audit-event.ts';
import { byId, byOwner } from '../concurrency/loaders.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Role } from '../generated/vocabulary.ts';
import { type GlobalIdText, parseGlobalId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import type { GranteeKind, GroupRef } from './principal.ts';

/** A user, a group, an application or a role that is not deleted. */
export interface Entry {
  kind: GranteeKind;
  /** UUID. */
  id: Uuid;
  /** The username of a user, or the name of a group, an application or a role. */
  name: string;
}

/** A role with the permissions that workflow engines know. */
export interface NamedRole {
  name: string;
  permissions: string[];
}

/** Looks up principals, groups and roles by id. Lookups that a request makes in the same tick of the event loop share one SQL statement. */
export interface Directory {
  /**
   * Returns the gateway's roles that are assigned directly to a user, a group or an application (UUID). Omits roles that the principal has only
   * through a group.
   */
  rolesOf(id: Uuid): Promise<Role[]>;
  /** Returns all roles that are assigned directly to a user, a group or an application (UUID), including custom roles, sorted by name. */
  namedRolesOf(id: Uuid): Promise<NamedRole[]>;
  /** Returns the groups that a principal (UUID) is in, sorted by name. */
  groupsOf(id: Uuid): Promise<GroupRef[]>;
  /**
   * Loads the subject of a grant by its UUID. The loader does not check whether the caller may see the subject, because the loaded entry contains
   * only the subject's kind, id and name.
   */
  entryById: DataLoader<Uuid, Entry | null>;
}

const ENTRIES = `
  SELECT 'USER' AS kind, id, username AS name FROM users WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
  UNION ALL SELECT 'GROUP', id, name FROM groups WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
  UNION ALL SELECT 'APPLICATION', id, name FROM applications WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
  UNION ALL SELECT 'ROLE', id, name FROM role_definitions WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL`;

export function directory(database: Database): Directory {
  const roles = byOwner(
    (ids) =>
      database.query<{ subjectId: Uuid; role: Role }>(
        'SELECT subject_id AS "subjectId", role FROM role_assignments WHERE subject_id = ANY($1::uuid[]) AND valid_to IS NULL ORDER BY role',
        [ids],
      ),
    (row) => row.subjectId,
  );
  const namedRoles = byOwner(
    (ids) =>
      database.query<NamedRole & { subjectId: Uuid }>(
        `SELECT held.subject_id AS "subjectId", d.name, d.permissions FROM (
           SELECT r.subject_id, s.id AS role_id FROM role_assignments r JOIN role_definitions s ON s.system AND s.name = r.role
             WHERE r.subject_id = ANY($1::uuid[]) AND r.valid_to IS NULL
           UNION ALL
           SELECT c.subject_id, c.role_id FROM custom_role_assignments c WHERE c.subject_id = ANY($1::uuid[]) AND c.valid_to IS NULL
         ) held JOIN role_definitions d ON d.id = held.role_id ORDER BY d.name`,
        [ids],
      ),
    (row) => row.subjectId,
  );
  const groups = byOwner(
    (ids) =>
      database.query<GroupRef & { memberId: Uuid }>(
        `SELECT m.member_id AS "memberId", g.id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.member_id = ANY($1::uuid[]) AND m.valid_to IS NULL AND g.deleted_at IS NULL ORDER BY g.name`,
        [ids],
      ),
    (row) => row.memberId,
  );
  return {
    rolesOf: async (id) => (await roles.load(id)).map((row) => row.role),
    namedRolesOf: async (id) => (await namedRoles.load(id)).map(({ name, permissions }) => ({ name, permissions })),
    groupsOf: (id) => groups.load(id),
    entryById: byId((ids) => database.query<Entry>(ENTRIES, [ids])),
  };
}

/** Finds the existing users, groups, applications and roles with these global ids. The keys of the returned map are the global ids. */
export async function findEntries(sql: Sql, ids: readonly GlobalIdText[]): Promise<Map<GlobalIdText, Entry>> {
  const uuids = ids.flatMap((text) => parseGlobalId(text)?.uuid ?? []);
  const rows = await sql.query<Entry>(ENTRIES, [uuids]);
  return new Map(rows.map((row) => [toGlobalId(row.kind, row.id), row]));
}

export function eventSubjectOfEntry({ kind, id, name }: Entry): EventSubject {
  return { kind, id: toGlobalId(kind, id), name };
}

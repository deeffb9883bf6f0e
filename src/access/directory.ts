import type { Party } from '../audit/audit-event.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Role } from '../generated/vocabulary.ts';
import { outsideId, parseId } from '../ids.ts';
import { byOwner } from '../loaders.ts';
import type { GranteeKind } from './permission.ts';
import type { GroupRef } from './policy.ts';

/** A user, a group, an application or a role as a row that is not deleted. */
export interface Entry {
  kind: GranteeKind;
  /** UUID. */
  id: string;
  /** A user's username, else the name. */
  name: string;
}

/** Who is who: looked up by id, those asked for at the same moment of a request in one statement. */
export interface Directory {
  /** Roles given directly to a user, a group or an application (UUID). */
  rolesOf(id: string): Promise<Role[]>;
  /** The groups a principal (UUID) is in, by name. */
  groupsOf(id: string): Promise<GroupRef[]>;
}

export function directory(database: Database): Directory {
  const roles = byOwner(
    (ids) =>
      database.query<{ subjectId: string; role: Role }>(
        'SELECT subject_id AS "subjectId", role FROM role_assignments WHERE subject_id = ANY($1::uuid[]) AND valid_to IS NULL ORDER BY role',
        [ids],
      ),
    (row) => row.subjectId,
  );
  const groups = byOwner(
    (ids) =>
      database.query<GroupRef & { memberId: string }>(
        `SELECT m.member_id AS "memberId", g.id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id
         WHERE m.member_id = ANY($1::uuid[]) AND m.valid_to IS NULL AND g.deleted_at IS NULL ORDER BY g.name`,
        [ids],
      ),
    (row) => row.memberId,
  );
  return {
    rolesOf: async (id) => (await roles.load(id)).map((row) => row.role),
    groupsOf: (id) => groups.load(id),
  };
}

/** The users, groups and applications of these outside ids that are there, by outside id. */
export async function findEntries(sql: Sql, outsideIds: readonly string[]): Promise<Map<string, Entry>> {
  const uuids = outsideIds.flatMap((text) => parseId(text)?.uuid ?? []);
  const rows = await sql.query<Entry>(
    `SELECT 'USER' AS kind, id, username AS name FROM users WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
     UNION ALL SELECT 'GROUP', id, name FROM groups WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL
     UNION ALL SELECT 'APPLICATION', id, name FROM applications WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL`,
    [uuids],
  );
  return new Map(rows.map((row) => [outsideId(row.kind, row.id), row]));
}

export function partyOfEntry({ kind, id, name }: Entry): Party {
  return { kind, id: outsideId(kind, id), name };
}

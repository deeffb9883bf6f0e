// An application can have ADMIN only if all its active access keys were created by administrators, because the creator of an access key knows its
// secret.
import type { Transaction } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';

/** The maximum number of access key ids in one error. */
const MOST_NAMED = 100;

/** SQL for whether a principal has ADMIN, directly or through a group, since before a time. The arguments are columns. */
const ADMIN_SINCE_BEFORE = (principal: string, moment: string) => `EXISTS (
    SELECT FROM role_assignments r WHERE r.role = 'ADMIN' AND r.valid_to IS NULL AND r.valid_from < ${moment} AND (
      r.subject_id = ${principal} OR r.subject_id IN (SELECT m.group_id FROM group_members m
        WHERE m.member_id = ${principal} AND m.valid_to IS NULL AND m.valid_from < ${moment})))`;

/**
 * SQL for the active access keys of the applications `$1` that no administrator created. A user counts as an administrator if the user is active and
 * has ADMIN now. An application counts only if it already had ADMIN when it created the access key. Before an application has ADMIN, principals
 * without ADMIN may act as the application.
 */
const FOREIGN_KEYS = `
  SELECT k.id, k.application_id AS "applicationId" FROM access_keys k
  WHERE k.application_id = ANY($1::uuid[]) AND k.active AND k.deleted_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > $2::timestamptz)
    AND NOT EXISTS (SELECT FROM users u WHERE u.id = k.created_by AND u.active AND u.deleted_at IS NULL
      AND ${ADMIN_SINCE_BEFORE('u.id', "'infinity'::timestamptz")})
    AND NOT EXISTS (SELECT FROM applications a WHERE a.id = k.created_by AND a.deleted_at IS NULL
      AND ${ADMIN_SINCE_BEFORE('a.id', 'k.created_at')})
  ORDER BY k.id LIMIT ${MOST_NAMED}`;

/**
 * Refuses to give ADMIN to an application that has active access keys of other principals than administrators. Every transaction that gives ADMIN to
 * `subjectIds` (UUIDs of applications, groups or users) must call this function, after the change and after `raiseEpoch`.
 *
 * INVARIANT: this function locks the applications. `createAccessKey` also locks the application before it checks for ADMIN, so the later transaction
 * sees the result of the earlier one.
 * @throws Conflict with the ids of the access keys. The field of the Conflict is the result of `fieldOf` for the application of the first access key.
 */
export async function requireKeysOfAdmins(
  tx: Transaction,
  subjectIds: readonly Uuid[],
  now: Date,
  fieldOf: (applicationId: Uuid) => string | undefined,
): Promise<void> {
  const applications = await tx.query<{ id: Uuid }>(
    `SELECT a.id FROM applications a WHERE a.deleted_at IS NULL AND (a.id = ANY($1::uuid[])
       OR a.id IN (SELECT m.member_id FROM group_members m WHERE m.group_id = ANY($1::uuid[]) AND m.valid_to IS NULL))
     ORDER BY a.id FOR UPDATE`,
    [subjectIds],
  );
  if (applications.length === 0) return;
  const keys = await tx.query<{ id: Uuid; applicationId: Uuid }>(FOREIGN_KEYS, [applications.map(({ id }) => id), now]);
  const [first] = keys;
  if (first === undefined) return;
  throw new Conflict(
    'The application has active access keys that a principal without ADMIN created, so the application cannot get ADMIN. Delete or deactivate these access keys first.',
    fieldOf(first.applicationId),
    { accessKeys: keys.map(({ id }) => toGlobalId('ACCESS_KEY', id)) },
  );
}

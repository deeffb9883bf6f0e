// An application can have ADMIN only if administrators created all its active access keys. The reason is that the creator of an access key knows the
// secret of the access key and can sign in with it.
import type { Transaction } from '../database/client.ts';
import { Conflict } from '../errors.ts';
import { toGlobalId, type Uuid } from '../primitives/ids.ts';

/** The maximum number of access key ids in one error. */
const MOST_NAMED = 100;

/**
 * SQL for whether a principal has ADMIN now and already had ADMIN before `moment`, directly or through a group. Both arguments are names of SQL
 * columns.
 */
const ADMIN_SINCE_BEFORE = (principal: string, moment: string) => `EXISTS (
    SELECT FROM role_assignments r WHERE r.role = 'ADMIN' AND r.valid_to IS NULL AND r.valid_from < ${moment} AND (
      r.subject_id = ${principal} OR r.subject_id IN (SELECT m.group_id FROM group_members m
        WHERE m.member_id = ${principal} AND m.valid_to IS NULL AND m.valid_from < ${moment})))`;

/**
 * SQL that finds active access keys of the applications with the UUIDs `$1`. The result contains only access keys that were not created by an
 * administrator. A user is treated as an administrator if the user is active and has ADMIN now. An application is treated as an administrator only if
 * it already had ADMIN when it created the access key. The reason is that principals without ADMIN may have acted as the application before it had
 * ADMIN.
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
 * Refuses to give ADMIN to an application if a principal without ADMIN created one of its active access keys. Every transaction that gives ADMIN to
 * `subjectIds` (UUIDs of applications, groups or users) must call this function, after the change and after `raiseEpoch`.
 *
 * INVARIANT: this function and `createAccessKey` lock an application before they check it. If one transaction gives ADMIN to an application while
 * another transaction creates an access key, the transaction that locks second therefore sees the changes of the transaction that locked first.
 * @throws Conflict with the ids of the access keys. `fieldOf` receives the application of the first access key, and returns the field that the
 * Conflict names.
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

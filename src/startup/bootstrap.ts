import { randomBytes } from 'node:crypto';
import type { EventSubject } from '../audit/audit-event.ts';
import type { AuditLogDeps } from '../audit/audit-log.ts';
import { operatorAudit } from '../audit/operator.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database } from '../database/client.ts';
import { hashPassword } from '../identity/passwords.ts';
import { addSigningKey, hasSigningKey } from '../identity/signing-keys.ts';
import { newId, toGlobalId } from '../primitives/ids.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import { setRoles } from '../principals/role-store.ts';
import { Sensitive } from '../sensitive.ts';
import * as users from '../users/user-store.ts';

export interface FirstStart extends AuditLogDeps {
  database: Database;
  keyring: Keyring;
  adminUsername: string;
  /** The administrator's password. If the field is undefined, the gateway generates a random password. */
  adminPassword: Sensitive | undefined;
}

/**
 * Creates a signing key if the database contains no signing key, and an administrator if the database contains no user. If several gateways call the
 * function at the same time, only one gateway creates the signing key and the administrator. Returns the administrator's password if the call
 * generated a password.
 */
export async function prepare({
  database,
  keyring,
  stream,
  clock,
  adminUsername,
  adminPassword,
}: FirstStart): Promise<{ generatedPassword: Sensitive | null }> {
  const [existing] = await database.query<{ users: boolean }>('SELECT EXISTS (SELECT 1 FROM users) AS users');
  const audit = operatorAudit({ stream, clock });
  if (!(await hasSigningKey(database, keyring))) {
    await audit.transaction(async (tx) => {
      await raiseEpoch(tx);
      if (await hasSigningKey(tx, keyring)) return { result: undefined, events: [] };
      const kid = await addSigningKey(tx, keyring, clock.now(), false);
      const subject: EventSubject = { kind: 'SIGNING_KEY', id: kid, name: kid };
      return { result: undefined, events: [{ action: 'SIGNING_KEY_ROTATE', subject, changes: { first: true } }] };
    });
  }
  if (existing?.users) return { generatedPassword: null };

  const password = adminPassword ?? newPassword();
  const passwordHash = await hashPassword(password);
  const isCreated = await audit.transaction(async (tx) => {
    await raiseEpoch(tx);
    if (await users.anyUser(tx)) return { result: false, events: [] };
    const id = newId();
    const now = clock.now();
    await users.insert(tx, {
      id,
      username: adminUsername,
      name: 'Administrator',
      email: null,
      passwordHash,
      createdAt: now,
      createdBy: null,
    });
    await setRoles(tx, { kind: 'USER', id }, ['ADMIN'], now);
    const subject: EventSubject = { kind: 'USER', id: toGlobalId('USER', id), name: adminUsername };
    const changes = { roles: ['ADMIN'], first: true };
    return { result: true, events: [{ action: 'USER_CREATE', subject, changes }] };
  });
  return { generatedPassword: isCreated && adminPassword === undefined ? password : null };
}

/**
 * Sets a new random password for a user and activates the user. Operators use this function after an administrator lost the password. Returns
 * undefined if the user does not exist.
 */
export async function resetPassword(
  needs: AuditLogDeps,
  requestedName: string,
): Promise<{ username: string; password: Sensitive } | undefined> {
  const audit = operatorAudit(needs);
  const password = newPassword();
  const passwordHash = await hashPassword(password);
  const username = await audit.transaction(async (tx) => {
    await raiseEpoch(tx);
    const user = await users.findByUsername(tx, null, requestedName);
    if (user === undefined) return { result: undefined, events: [] };
    await users.update(tx, user.id, { passwordHash, active: true }, { now: needs.clock.now(), endTokens: true });
    const subject: EventSubject = { kind: 'USER', id: toGlobalId('USER', user.id), name: user.username };
    const changes = { fields: ['password', 'active'], active: true, by: 'command' };
    return { result: user.username, events: [{ action: 'USER_UPDATE', subject, changes }] };
  });
  return username === undefined ? undefined : { username, password };
}

/** Generates a password of 120 random bits. */
function newPassword(): Sensitive {
  return new Sensitive(randomBytes(15).toString('base64url'));
}

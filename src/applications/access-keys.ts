// The keys of applications: what one caller sees of them and does to them.
import type { Authorizer } from '../access/authorizer.ts';
import { FREE_APPLICATION_ROLES } from '../access/policy.ts';
import type { Attempt, Party } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { byOwner } from '../concurrency/loaders.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import { accessKeyHmacKey, keySecretHash, newKeySecret } from '../identity/access-key-secret.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, outsideId } from '../primitives/ids.ts';
import { rolesBeyond } from '../principals/role-store.ts';
import type { Sensitive } from '../sensitive.ts';
import { type AccessKey, type Application, MOST_KEYS } from './application.ts';
import * as store from './application-store.ts';
import { type ManagedApplications, partyOf } from './managed-application.ts';

/** All throw NotFound for keys of what the caller does not see. */
export interface AccessKeys {
  /** The application that a key (UUID) is of. Null if there is none, or none the caller sees. */
  findByKey(keyId: string): Promise<Application | null>;
  keys(applicationId: string): Promise<AccessKey[]>;
  /** @throws Forbidden, Escalation, Conflict */
  createKey(applicationId: string, expiresAt: Date | null): Promise<{ accessKey: AccessKey; secret: Sensitive }>;
  /** @throws Forbidden, Escalation */
  setKeyActive(keyId: string, active: boolean): Promise<AccessKey>;
  /** Activates a key of this application, or deactivates it: whichever it is not. @throws Forbidden, Escalation */
  toggleKey(applicationId: string, keyId: string): Promise<AccessKey>;
  /** If an application is given, only a key of that. @throws Forbidden */
  deleteKey(keyId: string, applicationId?: string): Promise<void>;
}

export interface AccessKeysNeeds {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  keyring: Keyring;
  clock: Clock;
  managed: ManagedApplications;
}

export function accessKeys({ database, authorizer, audit, keyring, clock, managed }: AccessKeysNeeds): AccessKeys {
  const keysOf = byOwner(
    (ids) => store.listKeys(database, ids),
    (key) => key.applicationId,
  );

  /**
   * Who can sign in as an application has its roles, here and in the workflow engines that know more of them: a key to one with more than
   * its manager has, and could give, would give the manager more.
   */
  const requireHarmless = async (tx: Transaction, applicationId: string, field: string) => {
    const beyond = await rolesBeyond(tx, applicationId, authorizer.entitlements.id, FREE_APPLICATION_ROLES);
    managed.requireFree(
      beyond,
      'This application has roles that you do not have: only ADMIN makes keys for it.',
      field,
    );
  };

  /** A key, of `applicationId` if that is given, with its application locked. */
  const changeKey = (
    action: AuditAction,
    { id, applicationId }: { id: string; applicationId?: string | undefined },
    work: (tx: Transaction, key: AccessKey, attempt: Attempt) => Promise<void>,
  ) =>
    audit.change(action, { kind: 'ACCESS_KEY', id: outsideId('ACCESS_KEY', id), name: '' }, async (tx, attempt) => {
      const any = await store.findKey(tx, id);
      const found = applicationId === undefined || any?.application.id === applicationId ? any : undefined;
      if (found !== undefined) attempt.subject = keyParty(id, found.application);
      managed.requireManager(found?.application, 'access key', 'keyId');
      await managed.lock(tx, found?.application.id ?? id, 'keyId', { epoch: true });
      const current = await store.findKey(tx, id);
      if (current === undefined) throw new NotFound('access key', 'keyId');
      await work(tx, current.key, attempt);
      return (await store.findKey(tx, id))?.key ?? current.key;
    });

  const switchKey = async (tx: Transaction, key: AccessKey, active: boolean, attempt: Attempt) => {
    attempt.changes = { active: { from: key.active, to: active } };
    if (active) await requireHarmless(tx, key.applicationId, 'keyId');
    if (active !== key.active) await store.stopOrStartKey(tx, key.id, { active });
  };

  return {
    findByKey: async (keyId) => (await store.findByKey(database, managed.seen, keyId)) ?? null,

    keys: (applicationId) => keysOf.load(applicationId),

    async createKey(applicationId, expiresAt) {
      const secret = newKeySecret();
      const subject: Party = { kind: 'APPLICATION', id: outsideId('APPLICATION', applicationId), name: '' };
      const accessKey = await audit.change('ACCESS_KEY_CREATE', subject, async (tx, attempt) => {
        const application = await managed.require(tx, applicationId, 'applicationId', attempt, { epoch: false });
        await requireHarmless(tx, application.id, 'applicationId');
        if ((await store.listKeys(tx, [application.id])).length >= MOST_KEYS) {
          throw new Conflict(`An application has at most ${MOST_KEYS} keys. Delete one first.`, 'applicationId');
        }
        const id = newId();
        const keyId = keyring.current();
        const now = clock.now();
        const secretHash = keySecretHash(secret, accessKeyHmacKey(keyring, keyId));
        await store.insertKey(tx, {
          id,
          applicationId: application.id,
          secretHash,
          keyId,
          createdAt: now,
          createdBy: authorizer.entitlements.id,
          expiresAt,
        });
        Object.assign(attempt, {
          subject: keyParty(id, application),
          changes: { application: partyOf(application), expiresAt },
        });
        const written = await store.findKey(tx, id);
        if (written === undefined) throw new Error('The key just written is not there.');
        return written.key;
      });
      return { accessKey, secret };
    },

    setKeyActive: (id, active) =>
      changeKey('ACCESS_KEY_UPDATE', { id }, (tx, key, attempt) => switchKey(tx, key, active, attempt)),

    toggleKey: (applicationId, id) =>
      changeKey('ACCESS_KEY_UPDATE', { id, applicationId }, (tx, key, attempt) =>
        switchKey(tx, key, !key.active, attempt),
      ),

    async deleteKey(id, applicationId) {
      await changeKey('ACCESS_KEY_DELETE', { id, applicationId }, async (tx, key) => {
        await store.stopOrStartKey(tx, key.id, { active: false, deletedAt: clock.now() });
      });
    },
  };
}

/** A key is called after its application. */
function keyParty(keyId: string, application: { name: string }): Party {
  return { kind: 'ACCESS_KEY', id: outsideId('ACCESS_KEY', keyId), name: application.name };
}

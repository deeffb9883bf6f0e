// Reads, creates, activates, deactivates and deletes access keys of applications for one caller.
import type { Authorizer } from '../access/authorizer.ts';
import { FREE_APPLICATION_ROLES } from '../access/policy.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import { byOwner } from '../concurrency/loaders.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import { accessKeyHmacKey, keySecretHash, newKeySecret } from '../identity/access-key-secret.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { missingRoles } from '../principals/role-store.ts';
import type { Sensitive } from '../sensitive.ts';
import { type AccessKey, type Application, MOST_KEYS } from './application.ts';
import * as store from './application-store.ts';
import { eventSubjectOf, type ManagedApplications } from './managed-application.ts';

/** The access keys that one caller may read and change. Each method throws NotFound for an application that the caller does not see. */
export interface AccessKeys {
  /**
   * Finds the application of an access key by the UUID of the access key. Returns null if the access key does not exist, or if the caller does not
   * see the application.
   */
  findByKey(keyId: Uuid): Promise<Application | null>;
  /** Lists the access keys of an application, oldest first. The caller must see the application. */
  keys(applicationId: Uuid): Promise<AccessKey[]>;
  /** @throws Forbidden, Escalation, Conflict */
  createKey(applicationId: Uuid, expiresAt: Date | null): Promise<{ accessKey: AccessKey; secret: Sensitive }>;
  /** @throws Forbidden, Escalation */
  setKeyActive(keyId: Uuid, active: boolean): Promise<AccessKey>;
  /** Deactivates an active access key of this application, or activates an inactive access key. @throws Forbidden, Escalation */
  toggleKey(applicationId: Uuid, keyId: Uuid): Promise<AccessKey>;
  /**
   * Deletes an access key. If the caller passes `applicationId`, the access key must be an access key of this application. @throws Forbidden,
   * Escalation
   */
  deleteKey(keyId: Uuid, applicationId?: Uuid): Promise<void>;
}

export interface AccessKeysDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  keyring: Keyring;
  clock: Clock;
  managed: ManagedApplications;
}

export function accessKeys({ database, authorizer, audit, keyring, clock, managed }: AccessKeysDeps): AccessKeys {
  const keysOf = byOwner(
    (ids) => store.listKeys(database, ids),
    (key) => key.applicationId,
  );

  /**
   * A person with an access key can sign in with all roles of the access key's application. Therefore a caller may create or activate an access key
   * only if, for each role of the application, the caller has the role or may add the role to the application.
   * @throws Escalation
   */
  const requireNoFurtherRoles = async (tx: Transaction, applicationId: Uuid, field: string) => {
    const beyond = await missingRoles(tx, applicationId, authorizer.entitlements.id, FREE_APPLICATION_ROLES);
    managed.requireFree(
      beyond,
      'This application has roles that you do not have. Only ADMIN can create or activate access keys of this application.',
      field,
    );
  };

  /**
   * Locks the application of an access key, and calls `work`, which changes the access key. If `applicationId` is not omitted, the access key must be
   * an access key of this application.
   */
  const changeKey = (
    action: AuditAction,
    { id, applicationId }: { id: Uuid; applicationId?: Uuid | undefined },
    work: (tx: Transaction, key: AccessKey) => Promise<NewEvent['changes']>,
  ) =>
    audit.change({ action, subject: accessKeySubject(id, { name: '' }) }, async (tx) => {
      const any = await store.findKey(tx, id);
      const found = applicationId === undefined || any?.application.id === applicationId ? any : undefined;
      const subject = accessKeySubject(id, found?.application ?? { name: '' });
      return refusalsAbout({ subject }, async () => {
        managed.requireManager(found?.application, 'access key', 'keyId');
        await managed.lock(tx, found?.application.id ?? id, 'keyId', { epoch: true });
        const current = await store.findKey(tx, id);
        if (current === undefined) throw new NotFound('access key', 'keyId');
        const changes = await work(tx, current.key);
        const key = (await store.findKey(tx, id))?.key ?? current.key;
        return { result: key, event: { action, subject, changes } };
      });
    });

  const switchKey = async (tx: Transaction, key: AccessKey, active: boolean) => {
    if (active) await requireNoFurtherRoles(tx, key.applicationId, 'keyId');
    if (active !== key.active) await store.setKeyActive(tx, key.id, { active });
    return { active: { from: key.active, to: active } };
  };

  return {
    findByKey: async (keyId) => (await store.findByKey(database, managed.seen, keyId)) ?? null,

    keys: (applicationId) => keysOf.load(applicationId),

    async createKey(applicationId, expiresAt) {
      const secret = newKeySecret();
      const attempt = {
        action: 'ACCESS_KEY_CREATE',
        subject: eventSubjectOf({ id: applicationId, name: '' }),
      } as const;
      const accessKey = await audit.change(attempt, (tx) =>
        managed.manage(tx, { id: applicationId, field: 'applicationId', epoch: false }, async (application) => {
          await requireNoFurtherRoles(tx, application.id, 'applicationId');
          if ((await store.listKeys(tx, [application.id])).length >= MOST_KEYS) {
            throw new Conflict(
              `An application can have at most ${MOST_KEYS} access keys. Delete an access key first.`,
              'applicationId',
            );
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
          const written = await store.findKey(tx, id);
          if (written === undefined) throw new Error('The new access key was not found.');
          const subject = accessKeySubject(id, application);
          const changes = { application: eventSubjectOf(application), expiresAt };
          return { result: written.key, event: { action: attempt.action, subject, changes } };
        }),
      );
      return { accessKey, secret };
    },

    setKeyActive: (id, active) => changeKey('ACCESS_KEY_UPDATE', { id }, (tx, key) => switchKey(tx, key, active)),

    toggleKey: (applicationId, id) =>
      changeKey('ACCESS_KEY_UPDATE', { id, applicationId }, (tx, key) => switchKey(tx, key, !key.active)),

    async deleteKey(id, applicationId) {
      await changeKey('ACCESS_KEY_DELETE', { id, applicationId }, async (tx, key) => {
        await store.setKeyActive(tx, key.id, { active: false, deletedAt: clock.now() });
        return null;
      });
    },
  };
}

/** Returns the subject of audit events about an access key. The subject's name is the name of the application. */
function accessKeySubject(keyId: Uuid, application: { name: string }): EventSubject {
  return { kind: 'ACCESS_KEY', id: toGlobalId('ACCESS_KEY', keyId), name: application.name };
}

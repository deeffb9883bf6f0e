import type DataLoader from 'dataloader';
import type { Access } from '../access/access.ts';
import { raiseEpoch } from '../access/epoch.ts';
import { endMemberships } from '../access/membership-store.ts';
import { endOfSubject } from '../access/permission-store.ts';
import { FREE_APPLICATION_ROLES, mayCreateApplication, mayManageApplication } from '../access/policy.ts';
import { setRoles } from '../access/role-store.ts';
import type { Attempt, Party } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, Escalation, Forbidden, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import { accessKeyHmacKey, keySecretHash, newKeySecret } from '../identity/access-key-secret.ts';
import { newId, outsideId } from '../ids.ts';
import { label, notNull, prose } from '../input.ts';
import { byId, byOwner } from '../loaders.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../pages.ts';
import type { Sensitive } from '../sensitive.ts';
import { type AccessKey, type Application, MOST_KEYS } from './application.ts';
import * as store from './application-store.ts';

export interface NewApplication {
  name: string;
  description?: string | null | undefined;
  roles: readonly Role[];
}

/** A field left out (undefined) is kept. */
export interface ApplicationChange {
  /** UUID. */
  id: string;
  name?: string | null | undefined;
  description?: string | null | undefined;
  roles?: readonly Role[] | null | undefined;
}

/** What one caller sees of applications and does to them and their keys. All throw NotFound for what the caller does not see. */
export interface ApplicationService {
  /** Null if there is none, or none the caller sees. */
  findById(id: string): Promise<Application | null>;
  /** Without asking who wants to know: it shows by its name. */
  byId: DataLoader<string, Application | null>;
  seesWhole(application: Application): boolean;
  list(nameContains: string | null, page: PageRequest): Promise<Page<Application>>;
  keys(applicationId: string): Promise<AccessKey[]>;
  /** @throws Forbidden, Escalation */
  create(application: NewApplication): Promise<Application>;
  /** @throws Forbidden, Escalation */
  update(change: ApplicationChange): Promise<Application>;
  /** @throws Forbidden */
  delete(id: string): Promise<void>;
  /** @throws Forbidden, Escalation, Conflict */
  createKey(applicationId: string, expiresAt: Date | null): Promise<{ accessKey: AccessKey; secret: Sensitive }>;
  /** @throws Forbidden, Escalation */
  setKeyActive(keyId: string, active: boolean): Promise<AccessKey>;
  /** @throws Forbidden */
  deleteKey(keyId: string): Promise<void>;
}

export interface ApplicationServiceNeeds {
  database: Database;
  access: Access;
  audit: AuditLog;
  keyring: Keyring;
  clock: Clock;
}

export function applicationService({
  database,
  access,
  audit,
  keyring,
  clock,
}: ApplicationServiceNeeds): ApplicationService {
  const { standing } = access;
  const applicationById = byId((ids) => store.findByIds(database, ids));
  const keysOf = byOwner(
    (ids) => store.listKeys(database, ids),
    (key) => key.applicationId,
  );
  const manages = (application: Application) => mayManageApplication(standing, application);
  const seesWhole = (application: Application) =>
    access.seesAll || application.id === standing.id || manages(application);

  /** @throws NotFound for one the caller does not see, Forbidden for one it does not manage */
  const requireManager = (application: Application | undefined, kind: string, field: string): Application => {
    if (application === undefined || !seesWhole(application)) throw new NotFound(kind, field);
    if (!manages(application)) {
      throw new Forbidden('This needs ADMIN, APPLICATION_MANAGER, or to have created the application.', field);
    }
    return application;
  };

  /**
   * Locks an application that the caller is known to manage, which never ends while it exists.
   * INVARIANT: who may not is refused before anything is locked, and the epoch is raised before rows are.
   */
  const lockManaged = async (tx: Transaction, id: string, field: string, { epoch }: { epoch: boolean }) => {
    if (epoch) await raiseEpoch(tx);
    const application = await store.lock(tx, id);
    if (application === undefined) throw new NotFound('application', field);
    return application;
  };

  /** The application locked, if the caller manages it. */
  const requireManaged = async (
    tx: Transaction,
    id: string,
    field: string,
    attempt: Attempt,
    { epoch }: { epoch: boolean },
  ): Promise<Application> => {
    const [glimpse] = await store.findByIds(tx, [id]);
    if (glimpse !== undefined) attempt.subject = partyOf(glimpse);
    requireManager(glimpse, 'application', field);
    return lockManaged(tx, id, field, { epoch });
  };

  const requireFree = (roles: readonly Role[], message: string, field: string) => {
    if (!access.isAdmin && roles.some((role) => !FREE_APPLICATION_ROLES.includes(role)))
      throw new Escalation(message, field);
  };

  /** Who can sign in as an application has its roles: a key to one with more than its manager could give would give the manager more. */
  const requireHarmless = async (tx: Transaction, applicationId: string, field: string) => {
    const rows = await tx.query<{ role: Role }>(
      `SELECT r.role FROM role_assignments r WHERE r.valid_to IS NULL AND (r.subject_id = $1::uuid OR r.subject_id IN
         (SELECT m.group_id FROM group_members m WHERE m.member_id = $1::uuid AND m.valid_to IS NULL))`,
      [applicationId],
    );
    const beyond = rows.map((row) => row.role).filter((role) => !access.holds(role));
    requireFree(beyond, 'This application has roles that you do not have: only ADMIN makes keys for it.', field);
  };

  const changeKey = (
    action: AuditAction,
    id: string,
    work: (tx: Transaction, key: AccessKey, attempt: Attempt) => Promise<void>,
  ) =>
    audit.change(action, { kind: 'ACCESS_KEY', id: outsideId('ACCESS_KEY', id), name: '' }, async (tx, attempt) => {
      const found = await store.findKey(tx, id);
      if (found !== undefined) attempt.subject = keyParty(id, found.application);
      requireManager(found?.application, 'access key', 'keyId');
      await lockManaged(tx, found?.application.id ?? id, 'keyId', { epoch: true });
      const current = await store.findKey(tx, id);
      if (current === undefined) throw new NotFound('access key', 'keyId');
      await work(tx, current.key, attempt);
      return (await store.findKey(tx, id))?.key ?? current.key;
    });

  return {
    byId: applicationById,
    seesWhole,

    async findById(id) {
      const application = await applicationById.load(id);
      return application !== null && seesWhole(application) ? application : null;
    },

    async list(nameContains, page) {
      const { first, after } = pageBounds(page);
      const visibleTo = access.seesAll || access.holds('APPLICATION_MANAGER') ? null : standing.id;
      return toPage(await store.list(database, { nameContains, visibleTo }, first + 1, after), first);
    },

    keys: (applicationId) => keysOf.load(applicationId),

    async create(input) {
      const name = label(input.name, 'input.name');
      const description = prose(input.description, 'input.description');
      const roles = [...new Set(input.roles)];
      return audit.change('APPLICATION_CREATE', { kind: 'APPLICATION', id: '', name }, async (tx, attempt) => {
        if (!mayCreateApplication(standing)) {
          throw new Forbidden('Creating an application needs ADMIN, USER, APPLICATION_CREATOR or APPLICATION_MANAGER.');
        }
        requireFree(
          roles,
          'Only ADMIN gives an application roles beyond WORKER, METADATA_API and APPLICATION_CREATOR.',
          'input.roles',
        );
        const now = clock.now();
        const by = { createdAt: now, createdBy: standing.id, updatedAt: now, updatedBy: standing.id };
        const application = { id: newId(), name, description, ...by };
        await store.insert(tx, application);
        await setRoles(tx, { kind: 'APPLICATION', id: application.id }, roles, application.createdAt);
        Object.assign(attempt, { subject: partyOf(application), changes: { roles } });
        return application;
      });
    },

    async update(input) {
      const name = input.name === undefined ? undefined : label(notNull(input.name, 'input.name'), 'input.name');
      const description = input.description === undefined ? undefined : prose(input.description, 'input.description');
      const roles = input.roles === undefined ? undefined : [...new Set(notNull(input.roles, 'input.roles'))];
      const subject: Party = { kind: 'APPLICATION', id: outsideId('APPLICATION', input.id), name: '' };
      return audit.change('APPLICATION_UPDATE', subject, async (tx, attempt) => {
        const application = await requireManaged(tx, input.id, 'input.id', attempt, { epoch: roles !== undefined });
        await store.update(
          tx,
          application.id,
          { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) },
          { updatedAt: clock.now(), updatedBy: standing.id },
        );
        const changed =
          roles === undefined
            ? undefined
            : await setRoles(tx, { kind: 'APPLICATION', id: application.id }, roles, clock.now());
        if (changed !== undefined) {
          requireFree(
            [...changed.added, ...changed.removed],
            'Only ADMIN gives or takes roles beyond WORKER, METADATA_API and APPLICATION_CREATOR.',
            'input.roles',
          );
          const inGroups = changed.added.includes('USER_READ_ONLY')
            ? await tx.prisma.groupMember.count({ where: { memberId: application.id, validTo: null } })
            : 0;
          if (inGroups > 0) throw new Conflict('An application in a group cannot have USER_READ_ONLY.', 'input.roles');
        }
        attempt.changes = {
          name: name === undefined ? undefined : { from: application.name, to: name },
          roles: changed,
        };
        return (await store.findByIds(tx, [application.id]))[0] ?? application;
      });
    },

    delete: (id) =>
      audit.change(
        'APPLICATION_DELETE',
        { kind: 'APPLICATION', id: outsideId('APPLICATION', id), name: '' },
        async (tx, attempt) => {
          const application = await requireManaged(tx, id, 'id', attempt, { epoch: true });
          const now = clock.now();
          await store.update(tx, application.id, { deletedAt: now }, { updatedAt: now, updatedBy: standing.id });
          await store.stopKeys(tx, application.id, now);
          await setRoles(tx, { kind: 'APPLICATION', id }, [], now);
          await endMemberships(tx, { memberId: id }, now);
          await endOfSubject(tx, id, now);
        },
      ),

    async createKey(applicationId, expiresAt) {
      const secret = newKeySecret();
      const subject: Party = { kind: 'APPLICATION', id: outsideId('APPLICATION', applicationId), name: '' };
      const accessKey = await audit.change('ACCESS_KEY_CREATE', subject, async (tx, attempt) => {
        const application = await requireManaged(tx, applicationId, 'applicationId', attempt, { epoch: false });
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
          createdBy: standing.id,
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

    setKeyActive: (keyId, active) =>
      changeKey('ACCESS_KEY_UPDATE', keyId, async (tx, key, attempt) => {
        attempt.changes = { active: { from: key.active, to: active } };
        if (active) await requireHarmless(tx, key.applicationId, 'keyId');
        if (active !== key.active) await store.stopOrStartKey(tx, key.id, { active });
      }),

    async deleteKey(keyId) {
      await changeKey('ACCESS_KEY_DELETE', keyId, async (tx, key) => {
        await store.stopOrStartKey(tx, key.id, { active: false, deletedAt: clock.now() });
      });
    },
  };
}

function partyOf(application: { id: string; name: string }): Party {
  return { kind: 'APPLICATION', id: outsideId('APPLICATION', application.id), name: application.name };
}

/** A key is called after its application. */
function keyParty(keyId: string, application: { name: string }): Party {
  return { kind: 'ACCESS_KEY', id: outsideId('ACCESS_KEY', keyId), name: application.name };
}

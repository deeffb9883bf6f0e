// Reads, creates, changes and deletes applications for one caller. An application is a program that signs in with an access key.
import type DataLoader from 'dataloader';
import { requireKeysOfAdmins } from '../access/admin-keys.ts';
import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import { FREE_APPLICATION_ROLES, mayCreateApplication } from '../access/policy.ts';
import { endAllTags } from '../access/resource-tag-store.ts';
import type { TagOwner } from '../access/tag-owner.ts';
import type { NewEvent } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { byId } from '../concurrency/loaders.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, Forbidden, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type GlobalIdText, newId, requireUuid, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { label, notNull, prose, sought } from '../primitives/input.ts';
import { newName } from '../primitives/new-name.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import { endMemberships } from '../principals/membership-store.ts';
import { endRoles, namedRoles, setNamedRoles } from '../principals/named-roles.ts';
import { customRolesOf, rolesOf, setRoles } from '../principals/role-store.ts';
import { type AccessKeys, accessKeys } from './access-keys.ts';
import type { Application } from './application.ts';
import * as store from './application-store.ts';
import { eventSubjectOf, managedApplications } from './managed-application.ts';

export interface NewApplication {
  name: string;
  description?: string | null | undefined;
  /** Names of predefined or custom roles. */
  roles: readonly string[];
}

/** A change of an application. Fields that are undefined keep their values. */
export interface ApplicationChange {
  /** UUID. */
  id: Uuid;
  name?: string | null | undefined;
  description?: string | null | undefined;
  /** All predefined roles of the application after the change. The change does not affect the application's custom roles. */
  roles?: readonly Role[] | null | undefined;
  /** Names of all predefined and custom roles of the application after the change. A change must not set both `roles` and `namedRoles`. */
  namedRoles?: readonly string[] | undefined;
}

/** Reads and changes applications and their access keys for one caller. Each method throws NotFound for an application that the caller does not see. */
export interface ApplicationService extends AccessKeys {
  /** Returns null if no application has this UUID, or if the caller does not see the application. */
  findById(id: Uuid): Promise<Application | null>;
  /**
   * Finds any application by UUID, without checking whether the caller sees the application. If the caller does not see the application, only the
   * name may be shown to the caller.
   */
  byId: DataLoader<Uuid, Application | null>;
  /** Whether the caller sees the application's roles, groups, access keys and grants. */
  seesDetails(application: Application): boolean;
  /** Lists the applications that the caller sees, in the order of names. */
  list(nameContains: string | null, page: PageRequest): Promise<Page<Application>>;
  /** @throws Forbidden, Escalation */
  create(application: NewApplication): Promise<Application>;
  /** @throws Forbidden, Escalation */
  update(change: ApplicationChange): Promise<Application>;
  /**
   * Adds and removes roles by name. Ignores roles in `add` that the application already has, and roles in `remove` that the application does not
   * have. @throws Forbidden, Escalation, Conflict, BadInput
   */
  changeRoles(id: Uuid, change: { add?: readonly string[]; remove?: readonly string[] }): Promise<Application>;
  /** @throws Forbidden */
  delete(id: Uuid): Promise<void>;
  /**
   * The rules for the tags of applications. An application is identified by its global id (`app_…`). Every caller that sees an application sees its
   * tags. Only a manager of the application may change its tags.
   */
  tagOwner: TagOwner;
}

export interface ApplicationServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  keyring: Keyring;
  clock: Clock;
}

export function applicationService({
  database,
  authorizer,
  audit,
  keyring,
  clock,
}: ApplicationServiceDeps): ApplicationService {
  const { entitlements } = authorizer;
  const managed = managedApplications(authorizer);
  const { seen, seesDetails } = managed;
  const seenById = byId((ids) => store.findSeen(database, seen, ids));

  /**
   * Checks that the caller may change the roles of an application. The check runs after the change of the roles, in the transaction that changes the
   * roles. @throws Escalation, Conflict
   */
  const requireRolesChangeable = async (
    tx: Transaction,
    id: Uuid,
    { added, removed }: { added: readonly string[]; removed: readonly string[] },
    field: string,
  ) => {
    managed.requireFree(
      [...added, ...removed],
      `Only ADMIN can add or remove roles other than ${FREE_APPLICATION_ROLES.join(', ')}.`,
      field,
    );
    if (added.includes('ADMIN')) await requireKeysOfAdmins(tx, [id], clock.now(), () => field);
    const inGroups = added.includes('USER_READ_ONLY')
      ? await tx.prisma.groupMember.count({ where: { memberId: id, validTo: null } })
      : 0;
    if (inGroups > 0) throw new Conflict('An application in a group cannot have USER_READ_ONLY.', field);
  };

  /** Locks an application, and calls `work`, which changes the application. The caller must be a manager of the application. */
  const change = <T>(
    action: AuditAction,
    which: { id: Uuid; field: string; epoch: boolean },
    work: (tx: Transaction, application: Application) => Promise<{ result: T; changes?: NewEvent['changes'] }>,
  ): Promise<T> =>
    audit.change({ action, subject: eventSubjectOf({ id: which.id, name: '' }) }, (tx) =>
      managed.manage(tx, which, async (application) => {
        const { result, changes } = await work(tx, application);
        return { result, event: { action, subject: eventSubjectOf(application), changes } };
      }),
    );

  const requireId = (resource: GlobalIdText): Uuid =>
    requireUuid(resource, 'APPLICATION', () => new NotFound('application', 'id'));

  return {
    tagOwner: {
      eventSubjectOf: (resource) => eventSubjectOf({ id: requireId(resource), name: '' }),
      async requireSeen(resource) {
        if ((await seenById.load(requireId(resource))) === null) throw new NotFound('application', 'id');
      },
      lock: (tx, resource) =>
        managed.manage(tx, { id: requireId(resource), field: 'id', epoch: false }, async (found) =>
          eventSubjectOf(found),
        ),
    },

    ...accessKeys({ database, authorizer, audit, keyring, clock, managed }),
    byId: byId((ids) => store.findByIds(database, ids)),
    seesDetails,

    findById: (id) => seenById.load(id),

    async list(nameContains, page) {
      const { first, after } = pageBounds(page);
      return toPage(
        await store.list(database, { nameContains: sought(nameContains, 'nameContains'), seen }, first + 1, after),
        first,
      );
    },

    async create(input) {
      const name = newName(input.name, 'name');
      const description = prose(input.description, 'description');
      const attempt = { action: 'APPLICATION_CREATE', subject: { kind: 'APPLICATION', id: '', name } } as const;
      return audit.change(attempt, async (tx) => {
        if (!mayCreateApplication(entitlements)) {
          throw new Forbidden(
            'Creating an application needs one of the roles ADMIN, USER, APPLICATION_CREATOR and APPLICATION_MANAGER.',
          );
        }
        const roles = await namedRoles(tx, input.roles, 'roles');
        managed.requireFree(
          input.roles,
          `Only ADMIN can create an application with roles other than ${FREE_APPLICATION_ROLES.join(', ')}.`,
          'roles',
        );
        const now = clock.now();
        const by = { createdAt: now, createdBy: entitlements.id, updatedAt: now, updatedBy: entitlements.id };
        const application = { id: newId(), name, description, ...by };
        await store.insert(tx, application);
        const { added } = await setNamedRoles(tx, { kind: 'APPLICATION', id: application.id }, roles, now);
        const subject = eventSubjectOf(application);
        return { result: application, event: { ...attempt, subject, changes: { roles: added } } };
      });
    },

    async update(input) {
      const name = input.name === undefined ? undefined : label(notNull(input.name, 'name'), 'name');
      const description = input.description === undefined ? undefined : prose(input.description, 'description');
      const roles = input.roles === undefined ? undefined : [...new Set(notNull(input.roles, 'roles'))];
      // An application's entitlements contain its name and its roles. A change of the name or the roles therefore raises the access epoch.
      const epoch = name !== undefined || roles !== undefined || input.namedRoles !== undefined;
      const which = { id: input.id, field: 'id', epoch };
      return change('APPLICATION_UPDATE', which, async (tx, application) => {
        if (name !== undefined && name !== application.name) newName(name, 'name');
        const subject = { kind: 'APPLICATION', id: application.id } as const;
        const now = clock.now();
        await store.update(
          tx,
          application.id,
          { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) },
          { updatedAt: now, updatedBy: entitlements.id },
        );
        const named = input.namedRoles === undefined ? undefined : await namedRoles(tx, input.namedRoles, 'roles');
        const changed =
          named !== undefined
            ? await setNamedRoles(tx, subject, named, now)
            : roles && (await setRoles(tx, subject, roles, now));
        if (changed !== undefined) await requireRolesChangeable(tx, application.id, changed, 'roles');
        const renamed = name === undefined ? undefined : { from: application.name, to: name };
        const result = (await store.findByIds(tx, [application.id]))[0] ?? application;
        return { result, changes: { name: renamed, roles: changed } };
      });
    },

    async changeRoles(id, { add = [], remove = [] }) {
      return change('APPLICATION_UPDATE', { id, field: 'id', epoch: true }, async (tx, application) => {
        const gains = await namedRoles(tx, add, 'roles');
        const losses = await namedRoles(tx, remove, 'roles');
        const roles = [...(await rolesOf(tx, id)), ...gains.roles];
        const custom = [...(await customRolesOf(tx, id)), ...gains.custom];
        const kept = {
          roles: [...new Set(roles)].filter((role) => !losses.roles.includes(role)),
          custom: [...new Map(custom.map((role) => [role.id, role])).values()].filter(
            (role) => !losses.custom.some((lost) => lost.id === role.id),
          ),
        };
        const now = clock.now();
        const changed = await setNamedRoles(tx, { kind: 'APPLICATION', id }, kept, now);
        await requireRolesChangeable(tx, id, changed, 'roles');
        await store.update(tx, id, {}, { updatedAt: now, updatedBy: entitlements.id });
        return { result: (await store.findByIds(tx, [id]))[0] ?? application, changes: { roles: changed } };
      });
    },

    delete: (id) =>
      change('APPLICATION_DELETE', { id, field: 'id', epoch: true }, async (tx, application) => {
        const now = clock.now();
        await store.update(tx, application.id, { deletedAt: now }, { updatedAt: now, updatedBy: entitlements.id });
        await store.deleteKeys(tx, application.id, now);
        await endRoles(tx, { kind: 'APPLICATION', id }, now);
        await endMemberships(tx, { memberId: id }, now);
        await endOfSubject(tx, id, now);
        await endAllTags(tx, 'APPLICATION', toGlobalId('APPLICATION', id), now);
        return { result: undefined };
      }),
  };
}

// Reads roles, and changes custom roles, for one caller.
import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, NameTaken, NotFound } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { label } from '../primitives/input.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import { checkPermissions, customPermissions, customRoleName, type RoleDefinition } from './role.ts';
import * as store from './role-store.ts';

/**
 * Reads and changes the roles that workflow engines use. Every caller reads roles, and ADMIN changes custom roles. Custom roles do not affect access
 * decisions of the gateway. Only the roles in the table `role_assignments` affect access decisions.
 */
export interface RoleService {
  /** Returns null if no role has this name. */
  findByName(name: string): Promise<RoleDefinition | null>;
  /** Lists roles in the order of names. `system` selects system roles (true), custom roles (false) or all (null). */
  list(which: { system: boolean | null }, page: PageRequest): Promise<Page<RoleDefinition>>;
  /** The permissions that a custom role can have, in the order of names. */
  permissions(): Promise<string[]>;
  /** @throws Forbidden, NameTaken, BadInput */
  create(role: { name: string; permissions: readonly string[] }): Promise<RoleDefinition>;
  /** Replaces the permissions of a custom role. If the permissions are undefined, the role keeps its permissions. @throws Forbidden, NotFound, Conflict for a system role, BadInput */
  update(role: { name: string; permissions?: readonly string[] | undefined }): Promise<RoleDefinition>;
  /**
   * Deletes a custom role, removes the role from all principals, and revokes all grants to the role. @throws Forbidden, NotFound, Conflict for a
   * system role
   */
  delete(name: string): Promise<void>;
}

export interface RoleServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}

export function roleService({ database, authorizer, audit, clock }: RoleServiceDeps): RoleService {
  const requireAdmin = () => authorizer.requireRole('Only ADMIN can manage custom roles.', 'ADMIN');
  const allowedPermissions = async (sql: Database | Transaction) => customPermissions(await store.listSystem(sql));

  /** Locks a custom role. @throws NotFound, Conflict for a system role */
  const requireCustom = async (tx: Transaction, name: string): Promise<RoleDefinition> => {
    const role = await store.lockByName(tx, name);
    if (role === undefined) throw new NotFound('role', 'name');
    if (role.system) throw new Conflict('A system role cannot be changed or deleted.', 'name');
    return role;
  };

  /** Locks a custom role, and calls `work`, which changes the role. The caller must have ADMIN. */
  const change = <T>(
    action: AuditAction,
    name: string,
    work: (tx: Transaction, role: RoleDefinition) => Promise<{ result: T; changes: NewEvent['changes'] }>,
  ): Promise<T> =>
    audit.change({ action, subject: { kind: 'ROLE', id: '', name } }, async (tx) => {
      requireAdmin();
      const role = await requireCustom(tx, name);
      const subject = eventSubjectOf(role);
      const { result, changes } = await refusalsAbout({ subject }, () => work(tx, role));
      return { result, event: { action, subject, changes } };
    });

  return {
    findByName: async (name) => (await store.findByName(database, name)) ?? null,

    async list(which, page) {
      const { first, after } = pageBounds(page);
      return toPage(await store.list(database, which, first + 1, after), first);
    },

    permissions: () => allowedPermissions(database),

    async create(input) {
      const name = customRoleName(input.name, 'name');
      const attempt = { action: 'ROLE_CREATE', subject: { kind: 'ROLE', id: '', name } } as const;
      return audit.change(attempt, async (tx) => {
        requireAdmin();
        const permissions = checkPermissions(input.permissions, await allowedPermissions(tx), 'permissions');
        // A role name that differs from the name of a system role only in upper and lower case could be mistaken for the system role.
        if (await store.isSystemName(tx, name)) throw new NameTaken('role', 'name');
        const role: RoleDefinition = { id: newId(), name, permissions, system: false };
        await store.insert(tx, { ...role, createdAt: clock.now(), createdBy: authorizer.entitlements.id });
        return { result: role, event: { ...attempt, subject: eventSubjectOf(role), changes: { permissions } } };
      });
    },

    async update(input) {
      const name = label(input.name, 'name');
      return change('ROLE_UPDATE', name, async (tx, role) => {
        const permissions = checkPermissions(
          input.permissions ?? role.permissions,
          await allowedPermissions(tx),
          'permissions',
        );
        await store.update(tx, role.id, { permissions });
        const added = permissions.filter((permission) => !role.permissions.includes(permission));
        const removed = role.permissions.filter((permission) => !permissions.includes(permission));
        return { result: { ...role, permissions }, changes: { added, removed } };
      });
    },

    async delete(text) {
      const name = label(text, 'name');
      await change('ROLE_DELETE', name, async (tx, role) => {
        const now = clock.now();
        await store.update(tx, role.id, { deletedAt: now });
        const holders = await store.endAssignments(tx, role.id, now);
        await endOfSubject(tx, role.id, now);
        return { result: undefined, changes: { holders } };
      });
    },
  };
}

function eventSubjectOf(role: { id: Uuid; name: string }): EventSubject {
  return { kind: 'ROLE', id: toGlobalId('ROLE', role.id), name: role.name };
}

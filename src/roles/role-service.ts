import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import type { Database, Transaction } from '../database/client.ts';
import { Conflict, NameTaken, NotFound } from '../errors.ts';
import type { AuditAction } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, outsideId } from '../primitives/ids.ts';
import { label } from '../primitives/input.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import { checkPermissions, customPermissions, customRoleName, type RoleDefinition } from './role.ts';
import * as store from './role-store.ts';

/**
 * Roles as workflow engines know them: everyone reads them, ADMIN defines more. Those that people define decide nothing here: what a
 * caller may do hangs on `role_assignments`, and they are assigned elsewhere.
 */
export interface RoleService {
  /** Null if there is none. */
  findByName(name: string): Promise<RoleDefinition | null>;
  /** The system's, those that people defined, or (null) all of them, by name. */
  list(which: { system: boolean | null }, page: PageRequest): Promise<Page<RoleDefinition>>;
  /** The permissions that a custom role can have, by name. */
  permissions(): Promise<string[]>;
  /** @throws Forbidden, NameTaken, BadInput */
  create(role: { name: string; permissions: readonly string[] }): Promise<RoleDefinition>;
  /** Gives a custom role other permissions; left out, they are kept. @throws Forbidden, NotFound, Conflict for a system role, BadInput */
  update(role: { name: string; permissions?: readonly string[] | undefined }): Promise<RoleDefinition>;
  /** Takes a custom role from all who have it, ends its grants. @throws Forbidden, NotFound, Conflict for a system role */
  delete(name: string): Promise<void>;
}

export interface RoleServiceNeeds {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}

export function roleService({ database, authorizer, audit, clock }: RoleServiceNeeds): RoleService {
  const requireAdmin = () => authorizer.requireRole('Only ADMIN defines roles.', 'ADMIN');
  const known = async (sql: Database | Transaction) => customPermissions(await store.listSystem(sql));

  /** A role that people defined, locked. */
  const requireCustom = async (tx: Transaction, name: string): Promise<RoleDefinition> => {
    const role = await store.lockByName(tx, name);
    if (role === undefined) throw new NotFound('role', 'name');
    if (role.system) throw new Conflict('A system role is neither changed nor deleted.', 'name');
    return role;
  };

  /** Locks a custom role and lets `work` change the role. The caller must be ADMIN. */
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

    permissions: () => known(database),

    async create(input) {
      const name = customRoleName(input.name, 'name');
      const attempt = { action: 'ROLE_CREATE', subject: { kind: 'ROLE', id: '', name } } as const;
      return audit.change(attempt, async (tx) => {
        requireAdmin();
        const permissions = checkPermissions(input.permissions, await known(tx), 'permissions');
        // One that differs in case only could be taken for it.
        if (await store.isSystemName(tx, name)) throw new NameTaken('role', 'name');
        const role: RoleDefinition = { id: newId(), name, permissions, system: false };
        await store.insert(tx, { ...role, createdAt: clock.now(), createdBy: authorizer.entitlements.id });
        return { result: role, event: { ...attempt, subject: eventSubjectOf(role), changes: { permissions } } };
      });
    },

    async update(input) {
      const name = label(input.name, 'name');
      return change('ROLE_UPDATE', name, async (tx, role) => {
        const permissions = checkPermissions(input.permissions ?? role.permissions, await known(tx), 'permissions');
        await store.update(tx, role.id, { permissions });
        const added = permissions.filter((one) => !role.permissions.includes(one));
        const removed = role.permissions.filter((one) => !permissions.includes(one));
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

function eventSubjectOf(role: { id: string; name: string }): EventSubject {
  return { kind: 'ROLE', id: outsideId('ROLE', role.id), name: role.name };
}

// Reads and changes groups and their members for one caller.
import { isDeepStrictEqual } from 'node:util';
import type DataLoader from 'dataloader';
import { requireKeysOfAdmins } from '../access/admin-keys.ts';
import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import { byId, pagesByOwner } from '../concurrency/loaders.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type GlobalIdText, newId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { label, notNull, prose, sought } from '../primitives/input.ts';
import { newGroupName } from '../primitives/new-name.ts';
import { MOST_PER_PAGE, type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import { endMemberships, listMembers } from '../principals/membership-store.ts';
import { endRoles, namedRoles, setNamedRoles } from '../principals/named-roles.ts';
import { requireAnAdmin, setRoles } from '../principals/role-store.ts';
import { defaultAccess, type Group } from './group.ts';
import { candidatesById, candidatesByName, join, leave, type MemberName } from './group-members.ts';
import * as store from './group-store.ts';

export interface NewGroup {
  name: string;
  description?: string | null | undefined;
  roles: readonly Role[];
}

/** A change of a group. Fields that are undefined keep their values. */
export interface GroupChange {
  /** UUID. */
  id: Uuid;
  name?: string | null | undefined;
  description?: string | null | undefined;
  roles?: readonly Role[] | null | undefined;
}

/** A request that creates a group, or changes the group with this name. Fields that are undefined keep their values. */
export interface GroupPut {
  name: string;
  description: string | null;
  /** The names of all roles of the group after the call. If undefined, a new group receives no roles. */
  roles?: readonly string[] | undefined;
  /** The default accesses as unchecked JSON from the request. `put` checks the JSON. */
  defaultAccess?: unknown;
}

/** Maximum number of members in a call of `addMembersByName` or `removeMembersByName`. */
const MOST_MEMBERS_NAMED = 1_000;

/** Reads and changes groups for one caller. */
export interface GroupService {
  /** Returns null if no group has this name, or if the caller does not see the group. */
  findByName(name: string): Promise<Group | null>;
  findById(id: Uuid): Promise<Group | null>;
  /**
   * Finds any group by UUID, without checking whether the caller sees the group. If the caller does not see the group, only the name may be shown to
   * the caller.
   */
  byId: DataLoader<Uuid, Group | null>;
  /** Whether the caller sees the group's members, roles and grants. */
  seesDetails(group: { id: Uuid }): boolean;
  /** Lists the groups that the caller sees, in the order of names. */
  list(nameContains: string | null, page: PageRequest): Promise<Page<Group>>;
  /** Lists the UUIDs of the users and applications in the group. */
  members(groupId: Uuid, page: PageRequest): Promise<Page<{ memberId: Uuid }>>;
  /** @throws Forbidden, NameTaken, BadInput */
  create(group: NewGroup): Promise<Group>;
  /** @throws Forbidden, NotFound, NameTaken, LastAdmin, BadInput */
  update(change: GroupChange): Promise<Group>;
  /** Makes either all changes or no change. @throws Forbidden, LastAdmin, BadInput */
  put(group: GroupPut): Promise<Group>;
  /** @throws Forbidden, NotFound, LastAdmin */
  delete(id: Uuid): Promise<void>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  deleteByName(name: string): Promise<void>;
  /** Adds users and applications to a group. `principalIds` are global ids (`usr_…`, `app_…`). @throws Forbidden, NotFound, Conflict, BadInput */
  addMembers(groupId: Uuid, principalIds: readonly GlobalIdText[]): Promise<Group>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  removeMembers(groupId: Uuid, principalIds: readonly GlobalIdText[]): Promise<Group>;
  /** Adds either all members or no member. @throws Forbidden, NotFound that names `group` or `members.N`, Conflict, BadInput */
  addMembersByName(group: string, members: readonly MemberName[]): Promise<void>;
  /** Removes either all members or no member. @throws Forbidden, NotFound that names `group` or `members.N`, LastAdmin, BadInput */
  removeMembersByName(group: string, members: readonly MemberName[]): Promise<void>;
}

export interface GroupServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}

export function groupService({ database, authorizer, audit, clock }: GroupServiceDeps): GroupService {
  const seen = authorizer.seesAll ? null : authorizer.entitlements.groups.map((group) => group.id);
  const seenById = byId((ids) => store.findSeen(database, seen, ids));
  const memberPages = pagesByOwner(
    (ids, limit, after) => listMembers(database, ids, limit, after),
    (row) => row.groupId,
  );
  const seesDetails = (group: { id: Uuid }) => seen === null || seen.includes(group.id);

  const requireAdmin = () => authorizer.requireRole('Only ADMIN can manage groups.', 'ADMIN');

  /**
   * Locks a group, calls `work`, which changes the group, and reads the changed group. `work` returns the `changes` of the audit event. The caller
   * must have ADMIN.
   * @throws LastAdmin if no administrator would remain
   */
  const change = (
    action: AuditAction,
    which: { id: Uuid } | { name: string },
    field: string,
    work: (tx: Transaction, group: Group) => Promise<NewEvent['changes']>,
  ): Promise<Group> => {
    const attempted = eventSubjectOf('id' in which ? { ...which, name: '' } : { ...which, id: null });
    return audit.change({ action, subject: attempted }, async (tx) => {
      requireAdmin();
      await raiseEpoch(tx);
      const group = await store.lock(tx, which);
      if (group === undefined) throw new NotFound('group', field);
      const subject = eventSubjectOf(group);
      return refusalsAbout({ subject }, async () => {
        const changes = await work(tx, group);
        await requireAnAdmin(tx);
        const result = (await store.findByIds(tx, [group.id]))[0] ?? group;
        return { result, event: { action, subject, changes } };
      });
    });
  };

  const deleteIn = async (tx: Transaction, { id }: Group) => {
    const now = clock.now();
    await store.update(tx, id, { deletedAt: now });
    await endRoles(tx, { kind: 'GROUP', id }, now);
    const members = await endMemberships(tx, { groupId: id }, now);
    await endOfSubject(tx, id, now);
    return { members: members.length };
  };

  return {
    byId: byId((ids) => store.findByIds(database, ids)),
    seesDetails,
    findByName: async (name) => (await store.findByName(database, seen, name)) ?? null,
    findById: (id) => seenById.load(id),

    async list(nameContains, page) {
      const { first, after } = pageBounds(page);
      return toPage(
        await store.list(database, { nameContains: sought(nameContains, 'nameContains'), seen }, first + 1, after),
        first,
      );
    },

    members: memberPages,

    async create(input) {
      const name = newGroupName(input.name, 'name');
      const description = prose(input.description, 'description');
      const roles = groupRoles(input.roles);
      const attempt = { action: 'GROUP_CREATE', subject: eventSubjectOf({ id: null, name }) } as const;
      return audit.change(attempt, async (tx) => {
        requireAdmin();
        const group = { id: newId(), name, description, defaultAccess: null, createdAt: clock.now() };
        await store.insert(tx, { ...group, createdBy: authorizer.entitlements.id });
        await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, group.createdAt);
        return { result: group, event: { ...attempt, subject: eventSubjectOf(group), changes: { roles } } };
      });
    },

    async update(input) {
      const requested = input.name === undefined ? undefined : label(notNull(input.name, 'name'), 'name');
      const description = input.description === undefined ? undefined : prose(input.description, 'description');
      const roles = input.roles === undefined ? undefined : groupRoles(notNull(input.roles, 'roles'));
      return change('GROUP_UPDATE', { id: input.id }, 'id', async (tx, group) => {
        const name = requested === undefined || requested === group.name ? undefined : newGroupName(requested, 'name');
        await store.update(tx, group.id, {
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        });
        const now = clock.now();
        const changed = roles && (await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, now));
        if (changed?.added.includes('ADMIN')) await requireKeysOfAdmins(tx, [group.id], now, () => 'roles');
        const renamed = requested === undefined ? undefined : { from: group.name, to: name ?? requested };
        return { name: renamed, roles: changed };
      });
    },

    async put(input) {
      const requested = label(input.name, 'name');
      const description = prose(input.description, 'description');
      const defaults =
        input.defaultAccess === undefined ? undefined : defaultAccess(input.defaultAccess, 'defaultAccess');
      const attempted = eventSubjectOf({ id: null, name: requested });
      return audit.change({ action: 'GROUP_UPDATE', subject: attempted }, async (tx) => {
        requireAdmin();
        await raiseEpoch(tx);
        const now = clock.now();
        const byName = input.roles === undefined ? undefined : await namedRoles(tx, input.roles, 'roles');
        const roles = byName && { ...byName, roles: groupRoles(byName.roles) };
        const found = await store.lock(tx, { name: requested });
        const name = found?.name ?? newGroupName(requested, 'name');
        const fresh = { id: newId(), name, description, defaultAccess: defaults ?? null, createdAt: now };
        const isNew =
          found === undefined &&
          (await store.insertUnlessTaken(tx, { ...fresh, createdBy: authorizer.entitlements.id }));
        const group = isNew ? fresh : (found ?? (await store.lock(tx, { name: requested })));
        if (group === undefined) throw new NotFound('group', 'name');
        const action = isNew ? 'GROUP_CREATE' : 'GROUP_UPDATE';
        const subject = eventSubjectOf(group);
        return refusalsAbout(isNew ? { action } : { subject }, async () => {
          if (!isNew) await store.update(tx, group.id, { description, ...(defaults && { defaultAccess: defaults }) });
          const changed = roles && (await setNamedRoles(tx, { kind: 'GROUP', id: group.id }, roles, now));
          if (changed?.added.includes('ADMIN')) await requireKeysOfAdmins(tx, [group.id], now, () => 'roles');
          await requireAnAdmin(tx);
          // Workflow engines base access decisions on the default access of a group. The audit event therefore records who changed the default
          // access, and its values before and after the change.
          const { defaultAccess: before } = group;
          const changes = isNew
            ? { roles: changed?.added, defaultAccess: fresh.defaultAccess ?? undefined }
            : {
                fields: group.description === description ? [] : ['description'],
                roles: changed,
                defaultAccess:
                  defaults && !isDeepStrictEqual(before, defaults) ? { from: before, to: defaults } : undefined,
              };
          const result = (await store.findByIds(tx, [group.id]))[0] ?? group;
          return { result, event: { action, subject, changes } };
        });
      });
    },

    async delete(id) {
      await change('GROUP_DELETE', { id }, 'id', deleteIn);
    },

    async deleteByName(name) {
      await change('GROUP_DELETE', { name: label(name, 'name') }, 'name', deleteIn);
    },

    addMembers: async (groupId, principalIds) => {
      const ids = bounded(principalIds);
      return change('GROUP_MEMBER_ADD', { id: groupId }, 'groupId', async (tx, group) =>
        join(tx, group.id, await candidatesById(tx, ids), clock.now()),
      );
    },

    removeMembers: async (groupId, principalIds) => {
      const ids = bounded(principalIds);
      return change('GROUP_MEMBER_REMOVE', { id: groupId }, 'groupId', async (tx, group) =>
        leave(tx, group.id, await candidatesById(tx, ids), clock.now()),
      );
    },

    async addMembersByName(text, members) {
      const name = label(text, 'group');
      requireFew(members);
      await change('GROUP_MEMBER_ADD', { name }, 'group', async (tx, group) =>
        join(tx, group.id, await candidatesByName(tx, members), clock.now()),
      );
    },

    async removeMembersByName(text, members) {
      const name = label(text, 'group');
      requireFew(members);
      await change('GROUP_MEMBER_REMOVE', { name }, 'group', async (tx, group) =>
        leave(tx, group.id, await candidatesByName(tx, members), clock.now()),
      );
    },
  };
}

function eventSubjectOf({ id, name }: { id: Uuid | null; name: string }): EventSubject {
  return { kind: 'GROUP', id: id === null ? '' : toGlobalId('GROUP', id), name };
}

function groupRoles(roles: readonly Role[]): Role[] {
  if (roles.includes('USER_READ_ONLY'))
    throw new BadInput('roles', 'roles other than USER_READ_ONLY, which a group cannot have');
  return [...new Set(roles)];
}

function bounded(ids: readonly GlobalIdText[]): readonly GlobalIdText[] {
  if (ids.length < 1 || ids.length > MOST_PER_PAGE) throw new BadInput('principalIds', `1 to ${MOST_PER_PAGE} ids`);
  return [...new Set(ids)];
}

function requireFew(members: readonly MemberName[]): void {
  if (members.length > MOST_MEMBERS_NAMED) throw new BadInput('members', `at most ${MOST_MEMBERS_NAMED} members`);
}

import { isDeepStrictEqual } from 'node:util';
import type DataLoader from 'dataloader';
import { requireKeysOfAdmins } from '../access/admin-keys.ts';
import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import type { Attempt, Party } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { byId, pagesByOwner } from '../concurrency/loaders.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, outsideId } from '../primitives/ids.ts';
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

/** A field left out (undefined) is kept. */
export interface GroupChange {
  /** UUID. */
  id: string;
  name?: string | null | undefined;
  description?: string | null | undefined;
  roles?: readonly Role[] | null | undefined;
}

/** Creates a group or changes the one there is. What is left out is kept. */
export interface GroupPut {
  name: string;
  description: string | null;
  /** By name, all of them; of a new group left out: none. */
  roles?: readonly string[] | undefined;
  /** As it came in. */
  defaultAccess?: unknown;
}

/** Members named in one request by `addMembersByName` or `removeMembersByName`. */
const MOST_MEMBERS_NAMED = 1_000;

/** What one caller sees of groups and does to them. */
export interface GroupService {
  /** Null if there is none, or none the caller sees. */
  findByName(name: string): Promise<Group | null>;
  findById(id: string): Promise<Group | null>;
  /** Without asking who wants to know: it shows by its name. */
  byId: DataLoader<string, Group | null>;
  seesWhole(group: { id: string }): boolean;
  list(nameContains: string | null, page: PageRequest): Promise<Page<Group>>;
  /** UUIDs of users and applications. */
  members(groupId: string, page: PageRequest): Promise<Page<{ memberId: string }>>;
  /** @throws Forbidden, NameTaken, BadInput */
  create(group: NewGroup): Promise<Group>;
  /** @throws Forbidden, NotFound, NameTaken, LastAdmin, BadInput */
  update(change: GroupChange): Promise<Group>;
  /** All of it or nothing. @throws Forbidden, LastAdmin, BadInput */
  put(group: GroupPut): Promise<Group>;
  /** @throws Forbidden, NotFound, LastAdmin */
  delete(id: string): Promise<void>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  deleteByName(name: string): Promise<void>;
  /** Outside ids of users and applications. @throws Forbidden, NotFound, Conflict, BadInput */
  addMembers(groupId: string, principalIds: readonly string[]): Promise<Group>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  removeMembers(groupId: string, principalIds: readonly string[]): Promise<Group>;
  /** All of them or none. @throws Forbidden, NotFound naming `group` or `members.N`, Conflict, BadInput */
  addMembersByName(group: string, members: readonly MemberName[]): Promise<void>;
  /** All of them or none. @throws Forbidden, NotFound naming `group` or `members.N`, LastAdmin, BadInput */
  removeMembersByName(group: string, members: readonly MemberName[]): Promise<void>;
}

export interface GroupServiceNeeds {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
}

export function groupService({ database, authorizer, audit, clock }: GroupServiceNeeds): GroupService {
  const seen = authorizer.seesAll ? null : authorizer.entitlements.groups.map((group) => group.id);
  const seenById = byId((ids) => store.findSeen(database, seen, ids));
  const memberPages = pagesByOwner(
    (ids, limit, after) => listMembers(database, ids, limit, after),
    (row) => row.groupId,
  );
  const seesWhole = (group: { id: string }) => seen === null || seen.includes(group.id);

  const requireAdmin = () => authorizer.requireRole('Only ADMIN manages groups.', 'ADMIN');

  /** Only ADMIN; the group locked, and read again after `work`. There is an administrator left, or nothing happened. */
  const change = (
    action: AuditAction,
    which: { id: string } | { name: string },
    field: string,
    work: (tx: Transaction, group: Group, attempt: Attempt) => Promise<void>,
  ): Promise<Group> => {
    const named = 'id' in which ? { id: outsideId('GROUP', which.id), name: '' } : { id: '', name: which.name };
    return audit.change(action, { kind: 'GROUP', ...named }, async (tx, attempt) => {
      requireAdmin();
      await raiseEpoch(tx);
      const group = await store.lock(tx, which);
      if (group === undefined) throw new NotFound('group', field);
      attempt.subject = partyOf(group);
      await work(tx, group, attempt);
      await requireAnAdmin(tx);
      return (await store.findByIds(tx, [group.id]))[0] ?? group;
    });
  };

  const deleteIn = async (tx: Transaction, { id }: Group, attempt: Attempt) => {
    const now = clock.now();
    await store.update(tx, id, { deletedAt: now });
    await endRoles(tx, { kind: 'GROUP', id }, now);
    const members = await endMemberships(tx, { groupId: id }, now);
    await endOfSubject(tx, id, now);
    attempt.changes = { members: members.length };
  };

  return {
    byId: byId((ids) => store.findByIds(database, ids)),
    seesWhole,
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
      return audit.change('GROUP_CREATE', { kind: 'GROUP', id: '', name }, async (tx, attempt) => {
        requireAdmin();
        const group = { id: newId(), name, description, defaultAccess: null, createdAt: clock.now() };
        await store.insert(tx, { ...group, createdBy: authorizer.entitlements.id });
        await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, group.createdAt);
        Object.assign(attempt, { subject: partyOf(group), changes: { roles } });
        return group;
      });
    },

    async update(input) {
      const asked = input.name === undefined ? undefined : label(notNull(input.name, 'name'), 'name');
      const description = input.description === undefined ? undefined : prose(input.description, 'description');
      const roles = input.roles === undefined ? undefined : groupRoles(notNull(input.roles, 'roles'));
      return change('GROUP_UPDATE', { id: input.id }, 'id', async (tx, group, attempt) => {
        const name = asked === undefined || asked === group.name ? undefined : newGroupName(asked, 'name');
        await store.update(tx, group.id, {
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        });
        const now = clock.now();
        const changed = roles && (await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, now));
        if (changed?.added.includes('ADMIN')) await requireKeysOfAdmins(tx, [group.id], now, () => 'roles');
        attempt.changes = {
          name: asked === undefined ? undefined : { from: group.name, to: name ?? asked },
          roles: changed,
        };
      });
    },

    async put(input) {
      const asked = label(input.name, 'name');
      const description = prose(input.description, 'description');
      const defaults =
        input.defaultAccess === undefined ? undefined : defaultAccess(input.defaultAccess, 'defaultAccess');
      return audit.change('GROUP_UPDATE', { kind: 'GROUP', id: '', name: asked }, async (tx, attempt) => {
        requireAdmin();
        await raiseEpoch(tx);
        const now = clock.now();
        const byName = input.roles === undefined ? undefined : await namedRoles(tx, input.roles, 'roles');
        const roles = byName && { ...byName, roles: groupRoles(byName.roles) };
        const found = await store.lock(tx, { name: asked });
        const name = found?.name ?? newGroupName(asked, 'name');
        const fresh = { id: newId(), name, description, defaultAccess: defaults ?? null, createdAt: now };
        const isNew =
          found === undefined &&
          (await store.insertUnlessTaken(tx, { ...fresh, createdBy: authorizer.entitlements.id }));
        if (isNew) attempt.action = 'GROUP_CREATE';
        const group = isNew ? fresh : (found ?? (await store.lock(tx, { name: asked })));
        if (group === undefined) throw new NotFound('group', 'name');
        if (!isNew) {
          attempt.subject = partyOf(group);
          await store.update(tx, group.id, { description, ...(defaults && { defaultAccess: defaults }) });
        }
        const changed = roles && (await setNamedRoles(tx, { kind: 'GROUP', id: group.id }, roles, now));
        if (changed?.added.includes('ADMIN')) await requireKeysOfAdmins(tx, [group.id], now, () => 'roles');
        await requireAnAdmin(tx);
        // Engines act on the defaults: who changed them, and from what, is to be found again.
        const { defaultAccess: before } = group;
        const changes = isNew
          ? { roles: changed?.added, defaultAccess: fresh.defaultAccess ?? undefined }
          : {
              fields: group.description === description ? [] : ['description'],
              roles: changed,
              defaultAccess:
                defaults && !isDeepStrictEqual(before, defaults) ? { from: before, to: defaults } : undefined,
            };
        Object.assign(attempt, { subject: partyOf(group), changes });
        return (await store.findByIds(tx, [group.id]))[0] ?? group;
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
      return change('GROUP_MEMBER_ADD', { id: groupId }, 'groupId', async (tx, group, attempt) =>
        join(tx, group.id, await candidatesById(tx, ids), attempt, clock.now()),
      );
    },

    removeMembers: async (groupId, principalIds) => {
      const ids = bounded(principalIds);
      return change('GROUP_MEMBER_REMOVE', { id: groupId }, 'groupId', async (tx, group, attempt) =>
        leave(tx, group.id, await candidatesById(tx, ids), attempt, clock.now()),
      );
    },

    async addMembersByName(text, members) {
      const name = label(text, 'group');
      requireFew(members);
      await change('GROUP_MEMBER_ADD', { name }, 'group', async (tx, group, attempt) =>
        join(tx, group.id, await candidatesByName(tx, members), attempt, clock.now()),
      );
    },

    async removeMembersByName(text, members) {
      const name = label(text, 'group');
      requireFew(members);
      await change('GROUP_MEMBER_REMOVE', { name }, 'group', async (tx, group, attempt) =>
        leave(tx, group.id, await candidatesByName(tx, members), attempt, clock.now()),
      );
    },
  };
}

function partyOf(group: { id: string; name: string }): Party {
  return { kind: 'GROUP', id: outsideId('GROUP', group.id), name: group.name };
}

function groupRoles(roles: readonly Role[]): Role[] {
  if (roles.includes('USER_READ_ONLY')) throw new BadInput('roles', 'not USER_READ_ONLY, which cannot be in a group');
  return [...new Set(roles)];
}

function bounded(ids: readonly string[]): readonly string[] {
  if (ids.length < 1 || ids.length > MOST_PER_PAGE) throw new BadInput('principalIds', `1 to ${MOST_PER_PAGE}`);
  return [...new Set(ids)];
}

function requireFew(members: readonly MemberName[]): void {
  if (members.length > MOST_MEMBERS_NAMED) throw new BadInput('members', `at most ${MOST_MEMBERS_NAMED}`);
}

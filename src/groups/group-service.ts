import type DataLoader from 'dataloader';
import type { Access } from '../access/access.ts';
import { type Entry, findEntries, partyOfEntry } from '../access/directory.ts';
import { raiseEpoch } from '../access/epoch.ts';
import { addMembers, endMemberships, listMembers } from '../access/membership-store.ts';
import { endOfSubject } from '../access/permission-store.ts';
import { requireAnAdmin, setRoles } from '../access/role-store.ts';
import type { Attempt, Party } from '../audit/audit-event.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Clock } from '../clock.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, Conflict, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import { newId, outsideId } from '../ids.ts';
import { label, notNull, prose } from '../input.ts';
import { byId, pagesByOwner } from '../loaders.ts';
import { MOST_PER_PAGE, type Page, type PageRequest, pageBounds, toPage } from '../pages.ts';
import type { Group } from './group.ts';
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
  /** @throws Forbidden, NotFound, LastAdmin */
  delete(id: string): Promise<void>;
  /** Outside ids of users and applications. @throws Forbidden, NotFound, Conflict, BadInput */
  addMembers(groupId: string, principalIds: readonly string[]): Promise<Group>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  removeMembers(groupId: string, principalIds: readonly string[]): Promise<Group>;
}

export interface GroupServiceNeeds {
  database: Database;
  access: Access;
  audit: AuditLog;
  clock: Clock;
}

export function groupService({ database, access, audit, clock }: GroupServiceNeeds): GroupService {
  const groupById = byId((ids) => store.findByIds(database, ids));
  const memberPages = pagesByOwner(
    (ids, limit, after) => listMembers(database, ids, limit, after),
    (row) => row.groupId,
  );
  const seesWhole = (group: { id: string }) => access.seesAll || access.subjects.includes(group.id);
  const ifSeen = (group: Group | null | undefined) => (group != null && seesWhole(group) ? group : null);

  /** Only ADMIN; the group locked, and read again after `work`. There is an administrator left, or nothing happened. */
  const change = (
    action: AuditAction,
    id: string,
    field: string,
    work: (tx: Transaction, group: Group, attempt: Attempt) => Promise<void>,
  ): Promise<Group> =>
    audit.change(action, { kind: 'GROUP', id: outsideId('GROUP', id), name: '' }, async (tx, attempt) => {
      requireAdmin();
      await raiseEpoch(tx);
      const group = await store.lock(tx, id);
      if (group === undefined) throw new NotFound('group', field);
      attempt.subject = partyOf(group);
      await work(tx, group, attempt);
      await requireAnAdmin(tx);
      return (await store.findByIds(tx, [id]))[0] ?? group;
    });
  const requireAdmin = () => access.requireRole('Only ADMIN manages groups.', 'ADMIN');

  const requirePrincipals = async (
    tx: Transaction,
    ids: readonly string[],
  ): Promise<(Entry & { kind: 'USER' | 'APPLICATION' })[]> => {
    const found = await findEntries(tx, ids);
    return ids.map((id, i) => {
      const entry = found.get(id);
      if (entry?.kind !== 'USER' && entry?.kind !== 'APPLICATION')
        throw new NotFound('user or application', `principalIds.${i}`);
      return { ...entry, kind: entry.kind };
    });
  };

  return {
    byId: groupById,
    seesWhole,
    findByName: async (name) => ifSeen(await store.findByName(database, name)),
    findById: async (id) => ifSeen(await groupById.load(id)),

    async list(nameContains, page) {
      const { first, after } = pageBounds(page);
      const only = access.seesAll ? null : access.standing.groups.map((group) => group.id);
      return toPage(await store.list(database, { nameContains, only }, first + 1, after), first);
    },

    members: memberPages,

    async create(input) {
      const name = label(input.name, 'input.name');
      const description = prose(input.description, 'input.description');
      const roles = groupRoles(input.roles);
      return audit.change('GROUP_CREATE', { kind: 'GROUP', id: '', name }, async (tx, attempt) => {
        requireAdmin();
        const group = { id: newId(), name, description, createdAt: clock.now() };
        await store.insert(tx, { ...group, createdBy: access.standing.id });
        await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, group.createdAt);
        Object.assign(attempt, { subject: partyOf(group), changes: { roles } });
        return group;
      });
    },

    async update(input) {
      const name = input.name === undefined ? undefined : label(notNull(input.name, 'input.name'), 'input.name');
      const description = input.description === undefined ? undefined : prose(input.description, 'input.description');
      const roles = input.roles === undefined ? undefined : groupRoles(notNull(input.roles, 'input.roles'));
      return change('GROUP_UPDATE', input.id, 'input.id', async (tx, group, attempt) => {
        await store.update(tx, group.id, {
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
        });
        const changed =
          roles === undefined ? undefined : await setRoles(tx, { kind: 'GROUP', id: group.id }, roles, clock.now());
        attempt.changes = { name: name === undefined ? undefined : { from: group.name, to: name }, roles: changed };
      });
    },

    async delete(id) {
      await change('GROUP_DELETE', id, 'id', async (tx, group, attempt) => {
        const now = clock.now();
        await store.update(tx, group.id, { deletedAt: now });
        await setRoles(tx, { kind: 'GROUP', id }, [], now);
        const members = await endMemberships(tx, { groupId: id }, now);
        await endOfSubject(tx, id, now);
        attempt.changes = { members: members.length };
      });
    },

    addMembers: async (groupId, principalIds) => {
      const ids = bounded(principalIds);
      return change('GROUP_MEMBER_ADD', groupId, 'groupId', async (tx, group, attempt) => {
        const principals = await requirePrincipals(tx, ids);
        attempt.changes = { members: principals.map(partyOfEntry) };
        const readOnly = await tx.prisma.roleAssignment.findFirst({
          where: { subjectId: { in: principals.map((one) => one.id) }, role: 'USER_READ_ONLY', validTo: null },
        });
        if (readOnly !== null) {
          const index = principals.findIndex((one) => one.id === readOnly.subjectId);
          throw new Conflict('A principal with USER_READ_ONLY cannot be in a group.', `principalIds.${index}`);
        }
        const added = await addMembers(tx, group.id, principals, clock.now());
        attempt.changes = {
          members: principals.filter((one) => added.some((row) => row.id === one.id)).map(partyOfEntry),
        };
      });
    },

    removeMembers: async (groupId, principalIds) => {
      const ids = bounded(principalIds);
      return change('GROUP_MEMBER_REMOVE', groupId, 'groupId', async (tx, group, attempt) => {
        const principals = await requirePrincipals(tx, ids);
        attempt.changes = { members: principals.map(partyOfEntry) };
        const ended = await endMemberships(
          tx,
          { groupId: group.id, memberIds: principals.map((one) => one.id) },
          clock.now(),
        );
        attempt.changes = { members: principals.filter((one) => ended.includes(one.id)).map(partyOfEntry) };
      });
    },
  };
}

function partyOf(group: { id: string; name: string }): Party {
  return { kind: 'GROUP', id: outsideId('GROUP', group.id), name: group.name };
}

function groupRoles(roles: readonly Role[]): readonly Role[] {
  if (roles.includes('USER_READ_ONLY'))
    throw new BadInput('input.roles', 'not USER_READ_ONLY, which cannot be in a group');
  return [...new Set(roles)];
}

function bounded(ids: readonly string[]): readonly string[] {
  if (ids.length < 1 || ids.length > MOST_PER_PAGE) throw new BadInput('principalIds', `1 to ${MOST_PER_PAGE}`);
  return [...new Set(ids)];
}

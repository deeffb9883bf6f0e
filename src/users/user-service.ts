// Reads and changes users for one caller. A user is a person who signs in.
import type DataLoader from 'dataloader';
import type { Authorizer } from '../access/authorizer.ts';
import { endOfSubject } from '../access/permission-store.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { type AuditLog, refusalsAbout } from '../audit/audit-log.ts';
import { byId } from '../concurrency/loaders.ts';
import type { Database, Transaction } from '../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../errors.ts';
import type { AuditAction, Role } from '../generated/vocabulary.ts';
import { checkNewPassword, hashPassword } from '../identity/passwords.ts';
import type { Clock } from '../primitives/clock.ts';
import { newId, toGlobalId, type Uuid } from '../primitives/ids.ts';
import { label, notNull, sought } from '../primitives/input.ts';
import { newDisplayName, newName, newUsername } from '../primitives/new-name.ts';
import { MOST_PER_PAGE, type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import type { WaitBudget } from '../primitives/wait-budget.ts';
import { raiseEpoch } from '../principals/epoch.ts';
import { endMemberships } from '../principals/membership-store.ts';
import { endRoles, namedRoles, setNamedRoles } from '../principals/named-roles.ts';
import { requireAnAdmin, setRoles } from '../principals/role-store.ts';
import type { Sensitive } from '../sensitive.ts';
import { MAX_EMAIL_LENGTH, type User } from './user.ts';
import { requireReadOnlyInNoGroup, setGroups } from './user-groups.ts';
import * as store from './user-store.ts';

export interface NewUser {
  username: string;
  name: string;
  email?: string | null | undefined;
  password?: Sensitive | null | undefined;
  roles: readonly Role[];
}

/** A change of the data of a user. Fields that are undefined keep their values. */
export interface UserChange {
  /** UUID. */
  id: Uuid;
  name?: string | null | undefined;
  email?: string | null | undefined;
  password?: Sensitive | null | undefined;
  active?: boolean | null | undefined;
  roles?: readonly Role[] | null | undefined;
}

/** A request that creates a user, or changes the user with this username. Fields that are undefined keep their values. */
export interface UserPut {
  username: string;
  name: string;
  /** The names of all roles of the user after the call. If undefined, a new user receives the role USER. */
  roles?: readonly string[] | undefined;
  /** The names of all groups of the user after the call. */
  groups?: readonly string[] | undefined;
}

/** Reads and changes users for one caller. */
export interface UserService {
  /** Returns null if no user has this username, or if the caller does not see the user. */
  findByUsername(username: string): Promise<User | null>;
  findById(id: Uuid): Promise<User | null>;
  /**
   * Finds any user by UUID, without checking whether the caller sees the user. If the caller does not see the user, only the name may be shown to the
   * caller.
   */
  byId: DataLoader<Uuid, User | null>;
  /** Whether the caller sees the user's email address, roles, groups and grants. */
  seesDetails(user: { id: Uuid }): boolean;
  /** Lists users in the order of usernames. @throws Forbidden */
  list(nameContains: string | null, page: PageRequest): Promise<Page<User>>;
  /** @throws Forbidden, NameTaken, BadInput */
  create(user: NewUser): Promise<User>;
  /** @throws Forbidden, NotFound, LastAdmin, Conflict, BadInput */
  update(change: UserChange): Promise<User>;
  /** Makes either all changes or no change. @throws Forbidden, NotFound that names a missing group, LastAdmin, Conflict, BadInput */
  put(user: UserPut): Promise<User>;
  /** Returns the user with this username to a caller that may manage users. @throws Forbidden, NotFound */
  findManaged(username: string): Promise<User>;
  /** @throws Forbidden, NotFound, LastAdmin */
  delete(id: Uuid): Promise<void>;
  /** @throws Forbidden, NotFound, LastAdmin, BadInput */
  deleteByUsername(username: string): Promise<void>;
}

export interface UserServiceDeps {
  database: Database;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
  budget: WaitBudget;
}

export function userService({ database, authorizer, audit, clock, budget }: UserServiceDeps): UserService {
  const seen = authorizer.seesAll ? null : authorizer.entitlements.id;
  const seenById = byId((ids) => store.findSeen(database, seen, ids));
  const seesDetails = (user: { id: Uuid }) => seen === null || seen === user.id;
  const readAgain = async (tx: Transaction, id: Uuid): Promise<User> => {
    const [user] = await store.findByIds(tx, [id]);
    if (user === undefined) throw new NotFound('user', 'id');
    return user;
  };
  /**
   * Hashes a password before the transaction begins, because otherwise the transaction would hold its locks during the hashing. If the caller will be
   * refused, the function hashes nothing.
   */
  const hashIfAllowed = async (password: Sensitive | null | undefined) =>
    password == null || !authorizer.isAdmin
      ? password === undefined
        ? undefined
        : null
      : await hashPassword(password, budget);
  const requireAdmin = () => authorizer.requireRole('Only ADMIN can manage users.', 'ADMIN');

  /** Locks a user, and calls `work`, which changes the user. The caller must have ADMIN. */
  const change = <T>(
    action: AuditAction,
    which: { id: Uuid } | { username: string },
    field: string,
    work: (tx: Transaction, user: User) => Promise<{ result: T; changes?: NewEvent['changes'] }>,
  ): Promise<T> => {
    const attempted = eventSubjectOf('id' in which ? { ...which, username: '' } : { ...which, id: null });
    return audit.change({ action, subject: attempted }, async (tx) => {
      requireAdmin();
      await raiseEpoch(tx);
      const user = await store.lock(tx, which);
      if (user === undefined) throw new NotFound('user', field);
      const subject = eventSubjectOf(user);
      return refusalsAbout({ subject }, async () => {
        const { result, changes } = await work(tx, user);
        return { result, event: { action, subject, changes } };
      });
    });
  };

  const deleteIn = async (tx: Transaction, { id }: User) => {
    const now = clock.now();
    await store.update(tx, id, { active: false, passwordHash: null, deletedAt: now }, { now, endTokens: true });
    await endRoles(tx, { kind: 'USER', id }, now);
    await endMemberships(tx, { memberId: id }, now);
    await endOfSubject(tx, id, now);
    await requireAnAdmin(tx);
    return { result: undefined };
  };

  return {
    byId: byId((ids) => store.findByIds(database, ids)),
    seesDetails,

    findByUsername: async (username) => (await store.findByUsername(database, seen, username)) ?? null,
    findById: (id) => seenById.load(id),

    async list(nameContains, page) {
      if (!authorizer.seesAll) throw new Forbidden('Only ADMIN and AUDITOR can list users.');
      const { first, after } = pageBounds(page);
      return toPage(await store.list(database, sought(nameContains, 'nameContains'), first + 1, after), first);
    },

    async create(input) {
      const username = newUsername(input.username, 'username');
      const name = newDisplayName(input.name, 'name');
      const email = input.email == null ? null : newName(input.email, 'email', MAX_EMAIL_LENGTH);
      if (input.password != null) checkNewPassword(input.password, 'password');
      const passwordHash = await hashIfAllowed(input.password);
      const attempt = { action: 'USER_CREATE', subject: eventSubjectOf({ id: null, username }) } as const;
      return audit.change(attempt, async (tx) => {
        requireAdmin();
        await raiseEpoch(tx);
        const id = newId();
        const now = clock.now();
        await store.insert(tx, {
          id,
          username,
          name,
          email,
          passwordHash: passwordHash ?? null,
          createdAt: now,
          createdBy: authorizer.entitlements.id,
        });
        await setRoles(tx, { kind: 'USER', id }, input.roles, now);
        const changes = { roles: input.roles, withPassword: passwordHash != null };
        const event = { ...attempt, subject: eventSubjectOf({ id, username }), changes };
        return { result: await readAgain(tx, id), event };
      });
    },

    async update(input) {
      const name = input.name === undefined ? undefined : label(notNull(input.name, 'name'), 'name');
      const email = input.email == null ? input.email : label(input.email, 'email', MAX_EMAIL_LENGTH);
      const roles = input.roles === undefined ? undefined : notNull(input.roles, 'roles');
      const active = input.active === undefined ? undefined : notNull(input.active, 'active');
      if (input.password != null) checkNewPassword(input.password, 'password');
      const passwordHash = await hashIfAllowed(input.password);

      return change('USER_UPDATE', { id: input.id }, 'id', async (tx, user) => {
        if (name !== undefined && name !== user.name) newDisplayName(name, 'name');
        if (email != null && email !== user.email) newName(email, 'email', MAX_EMAIL_LENGTH);
        const fields: store.UserChange = {
          ...(name === undefined ? {} : { name }),
          ...(email === undefined ? {} : { email }),
          ...(passwordHash === undefined ? {} : { passwordHash }),
          ...(active === undefined ? {} : { active }),
        };
        const endTokens = passwordHash !== undefined || (active === false && user.active);
        const now = clock.now();
        await store.update(tx, user.id, fields, { now, endTokens });
        const changed = roles === undefined ? undefined : await setRoles(tx, { kind: 'USER', id: user.id }, roles, now);
        if (changed?.added.includes('USER_READ_ONLY')) await requireReadOnlyInNoGroup(tx, user.id, 'roles');
        await requireAnAdmin(tx);
        const changes = {
          fields: Object.keys(fields).map((field) => (field === 'passwordHash' ? 'password' : field)),
          active,
          roles: changed,
        };
        return { result: await readAgain(tx, user.id), changes };
      });
    },

    async put(input) {
      const requested = label(input.username, 'username');
      const name = label(input.name, 'name');
      if (input.groups !== undefined && input.groups.length > MOST_PER_PAGE)
        throw new BadInput('groups', `at most ${MOST_PER_PAGE} groups`);
      const attempted = eventSubjectOf({ id: null, username: requested });
      return audit.change({ action: 'USER_UPDATE', subject: attempted }, async (tx) => {
        requireAdmin();
        await raiseEpoch(tx);
        const now = clock.now();
        const found = await store.lock(tx, { username: requested });
        const username = found?.username ?? newUsername(requested, 'username');
        if (name !== found?.name) newDisplayName(name, 'name');
        const names = input.roles ?? (found === undefined ? ['USER'] : undefined);
        const roles = names === undefined ? undefined : await namedRoles(tx, names, 'roles');
        const id = found?.id ?? newId();
        const subject = eventSubjectOf({ id, username });
        const action = found === undefined ? 'USER_CREATE' : 'USER_UPDATE';
        return refusalsAbout(found === undefined ? { action } : { subject }, async () => {
          if (found === undefined) {
            const email = username.includes('@') ? username : null;
            const by = { createdAt: now, createdBy: authorizer.entitlements.id };
            await store.insert(tx, { id, username, name, email, passwordHash: null, ...by });
          } else {
            await store.update(tx, id, { name }, { now, endTokens: false });
          }
          const changed = roles === undefined ? undefined : await setNamedRoles(tx, { kind: 'USER', id }, roles, now);
          const inGroups =
            input.groups === undefined
              ? []
              : await setGroups(tx, { id, subject }, input.groups, { now, field: 'groups' });
          if (changed?.added.includes('USER_READ_ONLY') || input.groups !== undefined)
            await requireReadOnlyInNoGroup(tx, id, input.groups === undefined ? 'roles' : 'groups');
          await requireAnAdmin(tx);
          const changes =
            found === undefined
              ? { roles: changed?.added, withPassword: false }
              : { fields: found.name === name ? [] : ['name'], roles: changed };
          return { result: await readAgain(tx, id), events: [...inGroups, { action, subject, changes }] };
        });
      });
    },

    async findManaged(username) {
      requireAdmin();
      const user = await store.findByUsername(database, null, username);
      if (user === undefined) throw new NotFound('user', 'username');
      return user;
    },

    async delete(id) {
      await change('USER_DELETE', { id }, 'id', deleteIn);
    },

    async deleteByUsername(text) {
      await change('USER_DELETE', { username: label(text, 'username') }, 'username', deleteIn);
    },
  };
}

function eventSubjectOf({ id, username }: { id: Uuid | null; username: string }): EventSubject {
  return { kind: 'USER', id: id === null ? '' : toGlobalId('USER', id), name: username };
}

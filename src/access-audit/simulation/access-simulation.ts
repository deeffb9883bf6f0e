// Simulates changes of access: makes the changes in a transaction, compares access before and after, and rolls the transaction back. Unlike real
// changes, a simulation is never refused with ESCALATION or LAST_ADMIN.

import { type Authorizer, visibleGroups } from '../../access/authorizer.ts';
import { kindForMessage, sortedAccesses } from '../../access/permission.ts';
import { addGrant, findGrantsToRevoke, revokeAccesses } from '../../access/permission-changes.ts';
import { changeGrants, endOfSubject, findOn, findSubject } from '../../access/permission-store.ts';
import { ACCESSES, type SecretWithCreator } from '../../access/policy.ts';
import { requireMayRemoveTags, requireMayRevoke } from '../../access/revocation.ts';
import { MOST_TAGS } from '../../access/tag-owner.ts';
import type { EventSubject } from '../../audit/audit-event.ts';
import { type Audited, type AuditLog, refusalsAbout } from '../../audit/audit-log.ts';
import type { Database, Transaction } from '../../database/client.ts';
import { rolledBack } from '../../database/rolled-back.ts';
import { BadInput, Conflict, Forbidden, NotFound } from '../../errors.ts';
import type { Clock } from '../../primitives/clock.ts';
import { type GlobalIdText, toGlobalId, toUuid, type Uuid } from '../../primitives/ids.ts';
import { MOST_PER_PAGE } from '../../primitives/pages.ts';
import type { TagText } from '../../primitives/tag-text.ts';
import { type Entry, findEntries } from '../../principals/directory.ts';
import { addMembers, endMemberships, groupsOf } from '../../principals/membership-store.ts';
import { rolesOf, setRoles } from '../../principals/role-store.ts';
import type { AccessEntry, AccessEntryPath } from '../entries/access-entry.ts';
import {
  type AccessChange,
  accessesOfChange,
  changesForAudit,
  type GrantChange,
  onlySecretOf,
  requireFewChanges,
  type TagChange,
} from '../history/access-change.ts';
import { type Pair, pairKey, pathsOfPairs } from '../history/affected-store.ts';
import { type ComparedPairs, comparedPairs } from './compared-pairs.ts';
import type { SimulationQueues } from './simulation-queue.ts';

export interface SimulationResult {
  /** Gained access, sorted by the principal's id, then the secret's id. `paths` are the paths that give the access after the changes. */
  gained: AccessEntry[];
  /** Lost access, sorted by the principal's id, then the secret's id. `paths` are the paths that give the access now. */
  lost: AccessEntry[];
  /** False if the changes may add or remove more access than `gained` and `lost` contain. */
  complete: boolean;
}

export interface AccessSimulation {
  /**
   * Returns at most `first` gained and `first` lost access entries. The simulation rolls back all simulated changes. An audit event that records the
   * simulation is committed before the result is returned, even if the simulation is refused.
   * @throws BadInput, Forbidden, NotFound or Conflict with the field of the wrong change; Unavailable if other simulations take too long
   */
  simulate(changes: readonly AccessChange[], first: number): Promise<SimulationResult>;
}

type SecretWithId = SecretWithCreator & { id: Uuid };

export interface AccessSimulationDeps {
  database: Database;
  simulationQueues: SimulationQueues;
  authorizer: Authorizer;
  audit: AuditLog;
  clock: Clock;
  /** Finds the live secret with a name, its labels and the caller's grants on its name. */
  findSecret(tx: Transaction, name: string): Promise<SecretWithId | undefined>;
  /** Removes and adds tags of a secret. */
  retag(tx: Transaction, secretId: Uuid, change: { removed: TagText[]; added: TagText[] }, now: Date): Promise<void>;
}

export function accessSimulation({
  database,
  simulationQueues,
  authorizer,
  audit,
  clock,
  findSecret,
  retag,
}: AccessSimulationDeps): AccessSimulation {
  const by = authorizer.entitlements.id;
  const groups = visibleGroups(authorizer);

  /** A caller with neither ADMIN nor AUDITOR may simulate only changes of a secret on which the caller has UPDATE. */
  const requireOwnSecret = async (tx: Transaction, change: AccessChange): Promise<SecretWithId | null> => {
    if ('tags' in change) return requireSecret(tx, change);
    if (authorizer.seesAll) return null;
    if (!('target' in change)) throw new Forbidden('Only ADMIN and AUDITOR can simulate this change.', change.at);
    if (change.target.kind !== 'SECRET')
      throw new Forbidden('Only ADMIN and AUDITOR can simulate grants on this target.', `${change.at}.target`);
    const found = await findSecret(tx, change.target.text);
    return authorizer.require('UPDATE', found, `${change.at}.target.secret`);
  };

  const requireSecret = async (tx: Transaction, { secret, at }: TagChange): Promise<SecretWithId> => {
    const found = await findSecret(tx, secret);
    if (!authorizer.seesAll) return authorizer.require('UPDATE', found, `${at}.name`);
    if (found === undefined) throw new NotFound('secret', `${at}.name`);
    return found;
  };

  /** Makes one simulated change. Before the change, adds the principals and secrets that the change can affect to `pairs`. */
  const make = async (tx: Transaction, change: AccessChange, secret: SecretWithId | null, pairs: ComparedPairs) => {
    const now = clock.now();
    switch (change.kind) {
      case 'grant':
      case 'revoke':
        return grantOrRevoke(tx, change, secret, pairs, now);
      case 'tag':
      case 'untag': {
        if (secret === null) return;
        const isTagging = change.kind === 'tag';
        const tags = change.tags.filter((tag) => secret.tags.includes(tag) !== isTagging);
        if (isTagging && secret.tags.length + tags.length > MOST_TAGS)
          throw new BadInput(`${change.at}.tags`, `at most ${MOST_TAGS} tags on a secret`);
        // A caller with ADMIN or AUDITOR may also simulate changes that this caller may not make. For every other caller, the simulation is refused
        // if the real change would be refused.
        if (!isTagging && !authorizer.seesAll)
          await requireMayRemoveTags(tx, authorizer, secret, tags, now, `${change.at}.tags`);
        await pairs.add({ grantedOn: tags }, { secretId: secret.id });
        return retag(tx, secret.id, isTagging ? { removed: [], added: tags } : { removed: tags, added: [] }, now);
      }
      case 'addMember':
      case 'removeMember': {
        const group = await requireGroup(tx, change.groupId, `${change.at}.groupId`);
        const [member] = (await findEntries(tx, [change.principalId])).values();
        if (member?.kind !== 'USER' && member?.kind !== 'APPLICATION')
          throw new NotFound('user or application', `${change.at}.principalId`);
        await pairs.add({ subjectId: member.id }, { reachedBy: group.id });
        if (change.kind === 'removeMember')
          return endMemberships(tx, { groupId: group.id, memberIds: [member.id] }, now);
        if ((await rolesOf(tx, member.id)).includes('USER_READ_ONLY'))
          throw new Conflict('A principal with USER_READ_ONLY cannot be in a group.', `${change.at}.principalId`);
        return addMembers(tx, group.id, [{ kind: member.kind, id: member.id }], now);
      }
      case 'deleteGroup': {
        const group = await requireGroup(tx, change.groupId, change.at);
        await pairs.add({ subjectId: group.id }, { reachedBy: group.id });
        await tx.prisma.group.update({ where: { id: group.id }, data: { deletedAt: now } });
        await setRoles(tx, { kind: 'GROUP', id: group.id }, [], now);
        await endMemberships(tx, { groupId: group.id }, now);
        return endOfSubject(tx, group.id, now);
      }
      case 'setRoles': {
        const subject = await requireSubject(tx, change.subjectId, `${change.at}.subjectId`);
        if (subject.kind === 'ROLE') throw new NotFound('user, group or application', `${change.at}.subjectId`);
        if (subject.kind === 'GROUP' && change.roles.includes('USER_READ_ONLY'))
          throw new BadInput(`${change.at}.roles`, 'roles without USER_READ_ONLY: a group cannot have this role');
        const wasAdmin = (await rolesOf(tx, subject.id)).includes('ADMIN');
        // Only the role ADMIN gives access to secrets.
        if (wasAdmin !== change.roles.includes('ADMIN')) await pairs.add({ subjectId: subject.id }, 'every');
        const { added } = await setRoles(tx, { kind: subject.kind, id: subject.id }, change.roles, now);
        if (added.includes('USER_READ_ONLY') && (await groupsOf(tx, subject.id)).length > 0)
          throw new Conflict('A principal in a group cannot have USER_READ_ONLY.', `${change.at}.roles`);
        return;
      }
    }
  };

  const grantOrRevoke = async (
    tx: Transaction,
    change: GrantChange,
    secret: SecretWithId | null,
    pairs: ComparedPairs,
    now: Date,
  ) => {
    const { target, expiresAt, at } = change;
    const accesses = accessesOfChange(change, ACCESSES);
    const subject = await requireSubject(tx, change.subjectId, `${at}.subjectId`);
    if (subject.kind === 'ROLE' && (target.kind === 'TAG' || target.kind === 'SECRET'))
      throw new BadInput(`${at}.subjectId`, 'a user, a group or an application');
    await pairs.add({ subjectId: subject.id }, secret === null ? { target } : { secretId: secret.id });
    const secretId = secret?.id ?? null;
    const held = await findOn(tx, subject.id, target);
    if (change.kind === 'grant') {
      const given = { subject, target, secretId, access: accesses, expiresAt, by, now };
      return changeGrants(tx, addGrant(held, given, `${at}.expiresAt`), now);
    }
    const selection = { access: accesses, expiresAt, secretId, permissionId: change.permissionId ?? null };
    const { concerned } = findGrantsToRevoke(held, selection);
    if (secret !== null) requireMayRevoke(authorizer, secret, concerned, now, `${at}.access`);
    return changeGrants(tx, revokeAccesses(concerned, accesses, { by, now }), now);
  };

  /**
   * Decides whether the caller may simulate a change, and makes the change. `subject` is the secret that all changes concern, if such a secret exists.
   * @returns the subject, with the id of the secret if the change concerns this secret
   */
  const makeIfAllowed = (
    tx: Transaction,
    change: AccessChange,
    subject: EventSubject | null,
    pairs: ComparedPairs,
  ): Promise<EventSubject | null> =>
    refusalsAbout({ subject }, async () => {
      const secret = await requireOwnSecret(tx, change);
      const known =
        secret !== null && subject?.name === secret.name
          ? { ...subject, id: toGlobalId('SECRET', secret.id) }
          : subject;
      await refusalsAbout({ subject: known }, () => make(tx, change, secret, pairs));
      return known;
    });

  const simulated = (changes: readonly AccessChange[], first: number): Promise<Audited<SimulationResult>> =>
    rolledBack(database, async (tx) => {
      // With this isolation level, changes that other transactions commit during the simulation do not appear in its result.
      await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await tx.query('SAVEPOINT unchanged');
      const pairs = comparedPairs(tx, clock, groups);
      let subject = attempted(changes);
      for (const change of changes) subject = await makeIfAllowed(tx, change, subject, pairs);
      const compared = pairs.sorted();
      const now = clock.now();
      const after = await pathsOfPairs(tx, compared, { now, groups });
      await tx.query('ROLLBACK TO SAVEPOINT unchanged');
      const before = await pathsOfPairs(tx, compared, { now, groups });
      const [gained, lost] = [differences(compared, after, before), differences(compared, before, after)];
      const complete = pairs.complete() && gained.length <= first && lost.length <= first;
      return {
        result: { gained: gained.slice(0, first), lost: lost.slice(0, first), complete },
        event: { action: 'ACCESS_SIMULATE', subject, changes: changesForAudit(changes) },
      };
    });

  /** Runs a simulation when it is the turn of the caller. */
  const simulatedInTurn = async (changes: readonly AccessChange[], first: number) => {
    const endTurn = await simulationQueues[authorizer.seesAll ? 'seeingAll' : 'others'].acquire();
    try {
      return await simulated(changes, first);
    } finally {
      endTurn();
    }
  };

  return {
    async simulate(changes, first) {
      if (!Number.isInteger(first) || first < 1 || first > MOST_PER_PAGE)
        throw new BadInput('first', `1 to ${MOST_PER_PAGE}`);
      requireFewChanges(changes);

      // INVARIANT: the simulation first rolls back the simulated changes, then records the audit event, and then returns the result.
      const attempt = { action: 'ACCESS_SIMULATE', subject: attempted(changes) } as const;
      return audit.before(attempt, () => simulatedInTurn(changes, first));
    },
  };
}

/**
 * Returns the subject of the audit event: the name of the secret that all changes concern. Returns null if the changes concern no secret or several
 * secrets.
 */
function attempted(changes: readonly AccessChange[]): EventSubject | null {
  const name = onlySecretOf(changes);
  return name === null ? null : { kind: 'SECRET', id: '', name };
}

async function requireSubject(tx: Transaction, id: GlobalIdText, field: string): Promise<Entry> {
  const subject = await findSubject(tx, { id });
  if (subject === undefined) throw new NotFound(kindForMessage({ id }), field);
  return subject;
}

async function requireGroup(tx: Transaction, id: GlobalIdText, field: string): Promise<Entry> {
  const group = toUuid(id, 'GROUP') === undefined ? undefined : await findSubject(tx, { id });
  if (group === undefined) throw new NotFound('group', field);
  return group;
}

/** Returns the accesses that these pairs have in `first` and not in `second`, with the paths in `first` that give these accesses. */
function differences(
  pairs: readonly Pair[],
  first: ReadonlyMap<string, AccessEntryPath[]>,
  second: ReadonlyMap<string, AccessEntryPath[]>,
): AccessEntry[] {
  return pairs.flatMap((pair) => {
    const given = first.get(pairKey(pair)) ?? [];
    const held = new Set((second.get(pairKey(pair)) ?? []).flatMap((path) => path.access));
    const access = sortedAccesses(given.flatMap((path) => path.access)).filter((each) => !held.has(each));
    if (access.length === 0) return [];
    const paths = given.flatMap((path) => {
      const giving = path.access.filter((each) => access.includes(each));
      return giving.length === 0 ? [] : { ...path, access: giving };
    });
    return { ...pair, access, paths };
  });
}

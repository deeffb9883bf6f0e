// Simulates changes of access: makes the changes in a transaction, compares access before and after, and rolls the transaction back. Unlike real
// changes, a simulation is never refused with ESCALATION or LAST_ADMIN.

import { type Authorizer, visibleGroups } from '../../access/authorizer.ts';
import { kindForMessage, sortedAccesses } from '../../access/permission.ts';
import { addGrant, findGrantsToRevoke, revokeAccesses } from '../../access/permission-changes.ts';
import { endOfSubject, findSubject } from '../../access/permission-store.ts';
import { ACCESSES, type SecretWithCreator } from '../../access/policy.ts';
import { requireMayRemoveTags, requireMayRevoke } from '../../access/revocation.ts';
import { MOST_TAGS } from '../../access/tag-owner.ts';
import type { EventSubject } from '../../audit/audit-event.ts';
import { type Audited, type AuditLog, refusalsAbout } from '../../audit/audit-log.ts';
import type { Database, Transaction } from '../../database/client.ts';
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
import {
  type AffectedPrincipals,
  type AffectedSecrets,
  affectedPairs,
  type Pair,
  pairKey,
  pathsOfPairs,
} from '../history/affected-store.ts';

import type { SimulationQueues } from './simulation-queue.ts';

/** The maximum number of pairs of a principal and a secret that one simulation compares. */
const MOST_PAIRS = 5_000;
/**
 * Maximum number of changes in one simulation that each affect more than `MOST_PAIRS` pairs. After this number of changes, the simulation collects no
 * more pairs.
 */
const MOST_CUTS = 3;

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

/** This error is thrown to roll back the transaction of a simulation. The error contains the result of the simulation. */
class RolledBack extends Error {
  readonly audited: Audited<SimulationResult>;
  constructor(audited: Audited<SimulationResult>) {
    super('undone');
    this.audited = audited;
  }
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

  /** Makes one simulated change. Before the change, passes the principals and secrets that the change can affect to `noteAffected`. */
  const make = async (
    tx: Transaction,
    change: AccessChange,
    secret: SecretWithId | null,
    noteAffected: (whom: AffectedPrincipals, which: AffectedSecrets) => Promise<void>,
  ) => {
    const now = clock.now();
    switch (change.kind) {
      case 'grant':
      case 'revoke':
        return grantOrRevoke(tx, change, secret, noteAffected, now);
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
        await noteAffected({ grantedOn: tags }, { secretId: secret.id });
        return retag(tx, secret.id, isTagging ? { removed: [], added: tags } : { removed: tags, added: [] }, now);
      }
      case 'addMember':
      case 'removeMember': {
        const group = await requireGroup(tx, change.groupId, `${change.at}.groupId`);
        const [member] = (await findEntries(tx, [change.principalId])).values();
        if (member?.kind !== 'USER' && member?.kind !== 'APPLICATION')
          throw new NotFound('user or application', `${change.at}.principalId`);
        await noteAffected({ subjectId: member.id }, { reachedBy: group.id });
        if (change.kind === 'removeMember')
          return endMemberships(tx, { groupId: group.id, memberIds: [member.id] }, now);
        if ((await rolesOf(tx, member.id)).includes('USER_READ_ONLY'))
          throw new Conflict('A principal with USER_READ_ONLY cannot be in a group.', `${change.at}.principalId`);
        return addMembers(tx, group.id, [{ kind: member.kind, id: member.id }], now);
      }
      case 'deleteGroup': {
        const group = await requireGroup(tx, change.groupId, change.at);
        await noteAffected({ subjectId: group.id }, { reachedBy: group.id });
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
        if (wasAdmin !== change.roles.includes('ADMIN')) await noteAffected({ subjectId: subject.id }, 'every');
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
    noteAffected: (whom: AffectedPrincipals, which: AffectedSecrets) => Promise<void>,
    now: Date,
  ) => {
    const { target, expiresAt, at } = change;
    const accesses = accessesOfChange(change, ACCESSES);
    const subject = await requireSubject(tx, change.subjectId, `${at}.subjectId`);
    if (subject.kind === 'ROLE' && (target.kind === 'TAG' || target.kind === 'SECRET'))
      throw new BadInput(`${at}.subjectId`, 'a user, a group or an application');
    await noteAffected({ subjectId: subject.id }, secret === null ? { target } : { secretId: secret.id });
    const secretId = secret?.id ?? null;
    if (change.kind === 'grant')
      return addGrant(tx, { subject, target, secretId, access: accesses, expiresAt, by, now }, `${at}.expiresAt`);
    const selection = {
      subjectId: subject.id,
      target,
      access: accesses,
      expiresAt,
      secretId,
      permissionId: change.permissionId ?? null,
    };
    const { concerned } = await findGrantsToRevoke(tx, selection);
    if (secret !== null) requireMayRevoke(authorizer, secret, concerned, now, `${at}.access`);
    return revokeAccesses(tx, concerned, accesses, { by, now });
  };

  const simulated = async (changes: readonly AccessChange[], first: number): Promise<Audited<SimulationResult>> => {
    const ended = await simulationQueues[authorizer.seesAll ? 'seeingAll' : 'others'].acquire();
    try {
      await database.transaction(async (tx) => {
        // With this isolation level, changes that other transactions commit during the simulation do not appear in its result.
        await tx.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await tx.query('SAVEPOINT unchanged');
        const pairs = new Map<string, Pair>();
        let cuts = 0;
        const noteAffected = async (whom: AffectedPrincipals, which: AffectedSecrets) => {
          // The simulation stops collecting pairs if it has collected more pairs than it compares. It also stops after `MOST_CUTS` changes that each
          // affect too many pairs.
          if (pairs.size > MOST_PAIRS || cuts === MOST_CUTS) return;
          const affected = await affectedPairs(tx, whom, which, { most: MOST_PAIRS, now: clock.now(), groups });
          for (const pair of affected.pairs) pairs.set(pairKey(pair), pair);
          if (affected.cut) cuts += 1;
        };
        let subject = attempted(changes);
        for (const change of changes) {
          subject = await refusalsAbout({ subject }, async () => {
            const secret = await requireOwnSecret(tx, change);
            const known =
              secret !== null && subject?.name === secret.name
                ? { ...subject, id: toGlobalId('SECRET', secret.id) }
                : subject;
            await refusalsAbout({ subject: known }, () => make(tx, change, secret, noteAffected));
            return known;
          });
        }
        const compared = [...pairs.values()].sort(byIds).slice(0, MOST_PAIRS);
        const now = clock.now();
        const after = await pathsOfPairs(tx, compared, { now, groups });
        await tx.query('ROLLBACK TO SAVEPOINT unchanged');
        const before = await pathsOfPairs(tx, compared, { now, groups });
        const [gained, lost] = [differences(compared, after, before), differences(compared, before, after)];
        const complete = cuts === 0 && pairs.size <= MOST_PAIRS && gained.length <= first && lost.length <= first;
        throw new RolledBack({
          result: { gained: gained.slice(0, first), lost: lost.slice(0, first), complete },
          event: { action: 'ACCESS_SIMULATE', subject, changes: changesForAudit(changes) },
        });
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.audited;
      throw error;
    } finally {
      ended();
    }
    throw new Error('The transaction of a simulation was committed instead of rolled back.');
  };

  return {
    async simulate(changes, first) {
      if (!Number.isInteger(first) || first < 1 || first > MOST_PER_PAGE)
        throw new BadInput('first', `1 to ${MOST_PER_PAGE}`);
      requireFewChanges(changes);

      // INVARIANT: the simulation first rolls back the simulated changes, then records the audit event, and then returns the result.
      const attempt = { action: 'ACCESS_SIMULATE', subject: attempted(changes) } as const;
      return audit.before(attempt, () => simulated(changes, first));
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

function byIds(a: Pair, b: Pair): number {
  return pairKey(a) < pairKey(b) ? -1 : 1;
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

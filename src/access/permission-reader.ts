import DataLoader from 'dataloader';
import { pagesByOwner } from '../concurrency/loaders.ts';
import type { Database } from '../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type GlobalIdText, toGlobalId, toUuid, type Uuid } from '../primitives/ids.ts';
import { nameKey } from '../primitives/name-key.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import type { Entry } from '../principals/directory.ts';
import { readEntitlementsOf } from '../principals/entitlement-store.ts';
import type { Entitlements } from '../principals/principal.ts';
import type { Authorizer } from './authorizer.ts';
import { isNameClaimed } from './others-access-store.ts';
import { kindForMessage, type Permission, type SubjectRef, sortedAccesses, type Target } from './permission.ts';
import * as store from './permission-store.ts';
import {
  ACCESSES,
  ACCESSES_TO_READ_VARIABLE,
  ACCESSES_TO_SEE_SECRET,
  accessTo,
  isVisible,
  mayClaimName,
  mayCreateSecret,
  mayManageMetadata,
  mayReadVariable,
  mayRevoke,
  maySeeEveryApplication,
  type SecretLabels,
  type SecretWithCreator,
  union,
} from './policy.ts';
import { listTagged, readLabels, readRoleIds, type TaggedTarget } from './target-store.ts';

export interface PermissionFilter {
  /** Global id of a user, a group, an application or a role. */
  subjectId?: GlobalIdText | null;
  target?: Target | null;
  kind?: Target['kind'] | null;
  /** If true, the list omits expired grants, and grants that apply only to a deleted secret. */
  holding?: boolean;
}

/** Answers one caller's queries about grants, and about the access that grants give. */
export interface PermissionReader {
  /** Lists grants. A grant to a group is listed once, not once for each member. @throws BadInput */
  list(filter: PermissionFilter, page: PageRequest): Promise<Page<Permission>>;
  /** Lists the grants to one user, group, application or role, by UUID. Calls in the same tick of the event loop share one SQL statement. */
  ofSubject(subjectId: Uuid, page: PageRequest): Promise<Page<Permission>>;
  findById(id: Uuid): Promise<Permission | null>;
  /** Whether the caller may revoke a grant. Calls in the same tick of the event loop share one SQL statement. */
  mayRevoke(permission: Permission): Promise<boolean>;
  /**
   * Finds the subject of grants. ADMIN and AUDITOR may query every subject. Every other caller may query only itself and its groups. @throws
   * Forbidden, NotFound
   */
  subject(ref: SubjectRef): Promise<Entry>;
  /**
   * Lists the secrets and resources to which a subject (UUID) has access through its grants on tags. Omits secrets and resources that the caller does
   * not see. @throws Forbidden for each caller for which `subject` throws Forbidden
   */
  tagged(subjectId: Uuid, page: PageRequest): Promise<Page<TaggedTarget>>;
  /**
   * Returns the entitlements of a user or an application, even without a session. Returns undefined if the principal is inactive. Each error names
   * `field` as the invalid argument.
   * @throws Forbidden, NotFound
   */
  entitlementsOf(principal: SubjectRef, field?: string): Promise<Entitlements | undefined>;
  /** Returns the accesses of a user or an application to a target. @throws Forbidden, NotFound */
  check(principal: SubjectRef, target: Target): Promise<Access[]>;
}

/**
 * Finds the live secret with a name, with its labels and the grants to these subjects on its name. The code in src/secrets provides this function.
 */
export type FindSecret = (subjects: readonly Uuid[], name: string) => Promise<SecretLabels | undefined>;

/**
 * Finds the live secrets that have one of several names. Each result contains the fields of a `FindSecret` result, and the id and the creator of the
 * secret.
 */
export type FindSecrets = (
  subjects: readonly Uuid[],
  names: readonly string[],
) => Promise<(SecretWithCreator & { id: Uuid })[]>;

export interface PermissionReaderDeps {
  database: Database;
  authorizer: Authorizer;
  findSecret: FindSecret;
  findSecrets: FindSecrets;
  clock: Clock;
}

export function permissionReader({
  database,
  authorizer,
  findSecret,
  findSecrets,
  clock,
}: PermissionReaderDeps): PermissionReader {
  const { entitlements } = authorizer;

  const viewer = () => permissionViewer(authorizer, clock.now());

  const pagesOfSubject = pagesByOwner(
    (ids, limit, after) => store.listOfSubjects(database, ids, limit, after),
    (row) => row.subjectId,
  );

  const own = [entitlements, ...entitlements.groups.map((group) => ({ kind: 'GROUP' as const, ...group }))];
  const isOwn = (ref: SubjectRef) =>
    own.some(({ kind, id, name }) =>
      'id' in ref ? ref.id === toGlobalId(kind, id) : ref.kind === kind && nameKey(ref.name) === nameKey(name),
    );
  const requireOwn = (asked: boolean, field?: string) => {
    if (!authorizer.seesAll && !asked)
      throw new Forbidden('Only ADMIN and AUDITOR can see the grants of other principals.', field);
  };

  const subject = async (ref: SubjectRef, field?: string): Promise<Entry> => {
    // The gateway checks the permission before it looks up the subject. Otherwise a caller without permission could learn whether the subject exists.
    requireOwn(isOwn(ref), field);
    const entry = await store.findSubject(database, ref);
    // INVARIANT: the function also checks the id of the found subject, so that an answer about another principal always requires ADMIN or AUDITOR.
    requireOwn(
      own.some(({ id }) => id === entry?.id),
      field,
    );
    if (entry === undefined) throw new NotFound(kindForMessage(ref), field);
    return entry;
  };

  const entitlementsOf = async (ref: SubjectRef, field?: string): Promise<Entitlements | undefined> => {
    const principal = await subject(ref, field);
    if (principal.kind !== 'USER' && principal.kind !== 'APPLICATION') throw new NotFound('user or application', field);
    return readEntitlementsOf(database, principal.kind, principal.id);
  };

  /**
   * Returns the accesses of a principal to the secret with a name. If the caller sees no secret with this name, returns the accesses that the
   * principal would have to a new secret with this name.
   */
  const accessToName = async (
    principal: Entitlements,
    subjects: readonly Uuid[],
    target: Target,
  ): Promise<Set<Access>> => {
    const now = clock.now();
    const claim = { caller: principal.id, name: target.text, secretId: null, since: null, now };
    // INVARIANT: the function always sends all three SQL statements, so that the response time does not show whether the secret exists.
    const [secret, newSecret, claimed] = await Promise.all([
      findSecret(subjects, target.text),
      readLabels(database, subjects, target),
      isNameClaimed(database, claim),
    ]);
    if (secret !== undefined) {
      const paths = accessTo(principal, secret, now);
      if (authorizer.seesAll || isVisible(paths)) return union(paths);
    }
    const held = union(accessTo(principal, newSecret, now));
    const creates =
      mayCreateSecret(principal, newSecret, now) && mayClaimName(principal, newSecret.nameGrants, claimed, now);
    return creates ? held.add('CREATE') : held;
  };

  const secretByName = new DataLoader<string, (SecretWithCreator & { id: Uuid }) | undefined>(
    async (names) => {
      const found = new Map(
        (await findSecrets(authorizer.subjects, [...new Set(names)])).map((secret) => [secret.name, secret]),
      );
      return names.map((name) => found.get(name));
    },
    { cache: false },
  );

  return {
    async list({ subjectId = null, target = null, kind = null, holding = false }, page) {
      const { first, after } = pageBounds(page);
      const uuid = subjectId === null ? null : toUuid(subjectId, 'USER', 'GROUP', 'APPLICATION', 'ROLE');
      if (uuid === undefined) throw new BadInput('subjectId', 'the id of a user, a group, an application or a role');
      const query = { subjectId: uuid, target, kind, holdingAt: holding ? clock.now() : null, viewer: viewer() };
      return toPage(await store.list(database, query, first + 1, after), first);
    },

    ofSubject: pagesOfSubject,

    async findById(id) {
      return (await store.findById(database, id, viewer())) ?? null;
    },

    async mayRevoke({ target, ...grant }) {
      if (authorizer.isAdmin || target.kind !== 'SECRET') return authorizer.isAdmin;
      const secret = await secretByName.load(target.text);
      if (secret === undefined || !authorizer.sees(secret)) return false;
      if (grant.secretId !== null && grant.secretId !== secret.id) return false;
      return mayRevoke(entitlements, secret, grant, clock.now());
    },

    subject: (ref) => subject(ref),

    entitlementsOf,

    async tagged(subjectId, page) {
      requireOwn(authorizer.subjects.includes(subjectId));
      const { first, after } = pageBounds(page);
      const { isAdmin: allSecrets, seesAll: allResources, subjects } = authorizer;
      const applicationsOf = maySeeEveryApplication(entitlements) ? null : entitlements.id;
      const by = { seeing: ACCESSES_TO_SEE_SECRET, seeingVariables: ACCESSES_TO_READ_VARIABLE };
      const seen = { allSecrets, allResources, subjects, applicationsOf, ...by };
      const rows = await listTagged(database, { subjectId, viewer: seen, now: clock.now() }, first + 1, after);
      return toPage(rows, first);
    },

    async check(ref, target) {
      const principal = await entitlementsOf(ref);
      if (principal === undefined) return [];
      const subjects = [principal.id, ...principal.groups.map((group) => group.id)];
      if (target.kind === 'SECRET') return sortedAccesses(await accessToName(principal, subjects, target));
      const now = clock.now();
      if (target.kind === 'TAG') {
        return sortedAccesses(union(accessTo(principal, { name: '', tags: [target.text], nameGrants: [] }, now)));
      }
      if (target.kind === 'ENV_VARIABLE') {
        return accessToVariable(principal, await readLabels(database, subjects, target), now);
      }
      // The roles of the principal are included, because a role can have grants on resources of a workflow engine.
      const roles = await readRoleIds(database, subjects);
      return sortedAccesses(
        union(accessTo(principal, await readLabels(database, [...subjects, ...roles], target), now)),
      );
    },
  };
}

/** Returns the viewer for statements that list grants. Returns null if the caller sees all grants. */
export function permissionViewer(authorizer: Authorizer, now: Date): store.PermissionViewer | null {
  if (authorizer.seesAll) return null;
  return {
    id: authorizer.entitlements.id,
    subjects: authorizer.subjects,
    seeing: ACCESSES_TO_SEE_SECRET,
    allApplications: authorizer.holds('APPLICATION_MANAGER'),
    now,
  };
}

/**
 * Returns the accesses of a principal to an environment variable. For environment variables, only grants of READ and EXECUTE have an effect.
 */
function accessToVariable(principal: Entitlements, variable: SecretLabels, now: Date): Access[] {
  if (mayManageMetadata(principal)) return [...ACCESSES];
  return mayReadVariable(principal, variable, now) ? [...ACCESSES_TO_READ_VARIABLE] : [];
}

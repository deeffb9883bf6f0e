import DataLoader from 'dataloader';
import { pagesByOwner } from '../concurrency/loaders.ts';
import type { Database } from '../database/client.ts';
import { BadInput, Forbidden, NotFound } from '../errors.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { insideId, outsideId } from '../primitives/ids.ts';
import { nameKey } from '../primitives/name-key.ts';
import { type Page, type PageRequest, pageBounds, toPage } from '../primitives/pages.ts';
import type { Entry } from '../principals/directory.ts';
import { readEntitlementsOf } from '../principals/entitlement-store.ts';
import type { Entitlements } from '../principals/principal.ts';
import type { Authorizer } from './authorizer.ts';
import { isNameClaimed } from './others-access-store.ts';
import { kindWord, ordered, type Permission, type SubjectRef, type Target } from './permission.ts';
import * as store from './permission-store.ts';
import {
  ACCESSES,
  accessTo,
  isVisible,
  mayClaimName,
  mayCreateSecret,
  mayManageMetadata,
  mayReadVariable,
  mayRevoke,
  maySeeEveryApplication,
  READING_VARIABLES,
  SEEING,
  type SecretLabels,
  type Shared,
  union,
} from './policy.ts';
import { listTagged, readLabels, readRoleIds, type Tagged } from './target-store.ts';

export interface PermissionFilter {
  /** Outside id of a user, a group, an application or a role. */
  subjectId?: string | null;
  target?: Target | null;
  kind?: Target['kind'] | null;
  /** Only grants that give something now: neither expired, nor for a secret that is deleted. */
  holding?: boolean;
}

/** What one caller sees of grants, and of what they come to. */
export interface PermissionReader {
  /** As they were given, not expanded. @throws BadInput */
  list(filter: PermissionFilter, page: PageRequest): Promise<Page<Permission>>;
  /** Grants to one user, group, application or role, by UUID: read together for all that are asked for at the same moment. */
  ofSubject(subjectId: string, page: PageRequest): Promise<Page<Permission>>;
  findById(id: string): Promise<Permission | null>;
  /** Whether the caller may revoke a grant. Batched. */
  mayRevoke(permission: Permission): Promise<boolean>;
  /** Whoever is meant: anyone for those who see all grants, else the caller and its groups. @throws Forbidden, NotFound */
  subject(ref: SubjectRef): Promise<Entry>;
  /** What the grants on tags to a subject (UUID) reach, as far as the caller sees it. @throws Forbidden as `subject` does */
  tagged(subjectId: string, page: PageRequest): Promise<Page<Tagged>>;
  /**
   * The entitlements of a user or an application, signed in or not; undefined if it is inactive. Errors name `field`.
   * @throws Forbidden, NotFound
   */
  entitlementsOf(principal: SubjectRef, field?: string): Promise<Entitlements | undefined>;
  /** What a user or an application may do with a target. @throws Forbidden, NotFound */
  check(principal: SubjectRef, target: Target): Promise<Access[]>;
}

/** The live secret of a name with its labels and the grants on it to these subjects, as the secrets feature reads it. */
export type FindSecret = (subjects: readonly string[], name: string) => Promise<SecretLabels | undefined>;

/** The same for several names at once, each secret with its id and creator. */
export type FindSecrets = (
  subjects: readonly string[],
  names: readonly string[],
) => Promise<(Shared & { id: string })[]>;

export interface PermissionReaderNeeds {
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
}: PermissionReaderNeeds): PermissionReader {
  const { entitlements } = authorizer;

  const viewer = () => permissionViewer(authorizer, clock.now());

  const pagesOfSubject = pagesByOwner(
    (ids, limit, after) => store.listOfSubjects(database, ids, limit, after),
    (row) => row.subjectId,
  );

  const own = [entitlements, ...entitlements.groups.map((group) => ({ kind: 'GROUP' as const, ...group }))];
  const isOwn = (ref: SubjectRef) =>
    own.some(({ kind, id, name }) =>
      'id' in ref ? ref.id === outsideId(kind, id) : ref.kind === kind && nameKey(ref.name) === nameKey(name),
    );
  const requireOwn = (asked: boolean, field?: string) => {
    if (!authorizer.seesAll && !asked)
      throw new Forbidden('Only ADMIN and AUDITOR see what others are granted.', field);
  };

  const subject = async (ref: SubjectRef, field?: string): Promise<Entry> => {
    // Before looking: whoever may not ask does not learn who is there.
    requireOwn(isOwn(ref), field);
    const entry = await store.findSubject(database, ref);
    // INVARIANT: the ids are compared as well, so an answer about another principal always needs ADMIN or AUDITOR.
    requireOwn(
      own.some(({ id }) => id === entry?.id),
      field,
    );
    if (entry === undefined) throw new NotFound(kindWord(ref), field);
    return entry;
  };

  const entitlementsOf = async (ref: SubjectRef, field?: string): Promise<Entitlements | undefined> => {
    const principal = await subject(ref, field);
    if (principal.kind !== 'USER' && principal.kind !== 'APPLICATION') throw new NotFound('user or application', field);
    return readEntitlementsOf(database, principal.kind, principal.id);
  };

  /** On a name: of the secret that has it; or, where there is none or the caller may not know of it, of one to come. */
  const accessToName = async (of: Entitlements, subjects: readonly string[], target: Target): Promise<Set<Access>> => {
    const now = clock.now();
    const claim = { caller: of.id, name: target.text, secretId: null, since: null, now };
    // INVARIANT: all are read whether or not there is such a secret.
    const [secret, none, claimed] = await Promise.all([
      findSecret(subjects, target.text),
      readLabels(database, subjects, target),
      isNameClaimed(database, claim),
    ]);
    if (secret !== undefined) {
      const paths = accessTo(of, secret, now);
      if (authorizer.seesAll || isVisible(paths)) return union(paths);
    }
    const held = union(accessTo(of, none, now));
    const creates = mayCreateSecret(of, none, now) && mayClaimName(of, none.nameGrants, claimed, now);
    return creates ? held.add('CREATE') : held;
  };

  const secretByName = new DataLoader<string, (Shared & { id: string }) | undefined>(
    async (names) => {
      const found = new Map(
        (await findSecrets(authorizer.subjects, [...new Set(names)])).map((one) => [one.name, one]),
      );
      return names.map((name) => found.get(name));
    },
    { cache: false },
  );

  return {
    async list({ subjectId = null, target = null, kind = null, holding = false }, page) {
      const { first, after } = pageBounds(page);
      const uuid = subjectId === null ? null : insideId(subjectId, 'USER', 'GROUP', 'APPLICATION', 'ROLE');
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
      const by = { seeing: SEEING, seeingVariables: READING_VARIABLES };
      const seen = { allSecrets, allResources, subjects, applicationsOf, ...by };
      const rows = await listTagged(database, { subjectId, viewer: seen, now: clock.now() }, first + 1, after);
      return toPage(rows, first);
    },

    async check(ref, target) {
      const of = await entitlementsOf(ref);
      if (of === undefined) return [];
      const subjects = [of.id, ...of.groups.map((group) => group.id)];
      if (target.kind === 'SECRET') return ordered(await accessToName(of, subjects, target));
      const now = clock.now();
      if (target.kind === 'TAG') {
        return ordered(union(accessTo(of, { name: '', tags: [target.text], nameGrants: [] }, now)));
      }
      if (target.kind === 'ENV_VARIABLE') {
        return accessToVariable(of, await readLabels(database, subjects, target), now);
      }
      // What only workflow engines know may be granted to roles as well.
      const roles = await readRoleIds(database, subjects);
      return ordered(union(accessTo(of, await readLabels(database, [...subjects, ...roles], target), now)));
    },
  };
}

/** Which grants show to the caller; null for all. */
export function permissionViewer(authorizer: Authorizer, now: Date): store.PermissionViewer | null {
  if (authorizer.seesAll) return null;
  return {
    id: authorizer.entitlements.id,
    subjects: authorizer.subjects,
    seeing: SEEING,
    allApplications: authorizer.holds('APPLICATION_MANAGER'),
    now,
  };
}

/** Environment variables are kept here, and not all that can be granted on one lets anybody do anything with it. */
function accessToVariable(of: Entitlements, variable: SecretLabels, now: Date): Access[] {
  if (mayManageMetadata(of)) return [...ACCESSES];
  return mayReadVariable(of, variable, now) ? [...READING_VARIABLES] : [];
}

// Finds, lists and reveals secrets for one session.
import DataLoader from 'dataloader';
import type { Authorizer } from '../access/authorizer.ts';
import { ACCESSES_TO_SEE_SECRET, type AccessPath } from '../access/policy.ts';
import type { EventSubject, NewEvent } from '../audit/audit-event.ts';
import { byId, pagesByOwner } from '../concurrency/loaders.ts';
import { settled } from '../concurrency/settled.ts';
import type { Database } from '../database/client.ts';
import { BadInput, Conflict, Expired, Forbidden, NotFound } from '../errors.ts';
import type { Access, SecretOrder } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import { type Uuid, ZERO_UUID } from '../primitives/ids.ts';
import { sought } from '../primitives/input.ts';
import { type Page, type PageRequest, type Position, pageBounds, toPage } from '../primitives/pages.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { Sensitive } from '../sensitive.ts';
import { type TagView, tagTexts } from '../tags/tag.ts';
import type { NamedDecision, ReadingSession } from './named-secrets.ts';
import {
  eventSubjectOf,
  isExpired,
  isSecretName,
  restorableSince,
  type SealedVersion,
  type SecretView,
  type VersionView,
} from './secret.ts';
import * as lists from './secret-lists.ts';
import * as store from './secret-store.ts';
import type { SecretValues } from './secret-values.ts';
import { viewingOf } from './viewing.ts';

type VisibleQuery = Omit<lists.SecretQuery, 'orderBy'>;

export interface SecretFilter {
  nameContains?: string | null | undefined;
  tags?: readonly { key: string; value: string }[] | null | undefined;
  access?: readonly Access[] | null | undefined;
  expiresBefore?: Date | null | undefined;
  deleted?: boolean | null | undefined;
}

/** Reads secrets for the principal of one session. */
export interface SecretReader {
  /**
   * Finds the secret with this name. Returns null if the secret does not exist or the principal does not see the secret. The SQL statement that reads
   * the secret also returns the caller's entitlements. `find`, `paths` and `reveal` use these entitlements to decide about access to the secret. With
   * `toReveal`, the audit log records a refused reveal if the secret is missing or hidden.
   * @throws Unauthenticated, Unavailable
   */
  find(name: string, toReveal: boolean): Promise<SecretView | null>;
  /**
   * Finds the secret with this name, and decides about a reveal of its current version. Records the decision in the audit log. The next call of
   * `reveal` for the found secret and its current version returns the secret value, or throws the error of the decision. Returns null in the same
   * cases as `find`. INVARIANT: the decision and all fields of the found secret are the state of the database at one moment after the call.
   * @throws Unauthenticated, Unavailable
   */
  findAndReveal(name: string): Promise<SecretView | null>;
  /** Finds the secret with this UUID. A deleted secret is found only if the secret can still be restored. */
  findById(id: Uuid, toReveal: boolean): Promise<SecretView | null>;
  /**
   * Lists the secrets that the principal sees. The first SQL statement of the list also confirms the entitlements of the session. @throws
   * Unauthenticated, Unavailable, BadInput
   */
  list(filter: SecretFilter, orderBy: SecretOrder, page: PageRequest): Promise<Page<SecretView>>;
  /** Does the same as `list`, but reads only the names of the secrets. */
  listNames(filter: SecretFilter, orderBy: lists.NameOrder, page: PageRequest): Promise<Page<lists.SecretNamed>>;
  versions(secret: SecretView, page: PageRequest): Promise<Page<VersionView>>;
  listTags(key: string | null, page: PageRequest): Promise<Page<TagView>>;
  /** Counts the secrets that have this tag and that the caller sees. */
  countTagged(tag: TagText): Promise<number>;
  /** The access paths of the principal to the secret: roles and grants, each with its group and tag. */
  paths(secret: SecretView): AccessPath[];
  /**
   * Reveals the secret value. The reveal is recorded in the audit log before the value is decrypted. @throws Forbidden, Expired, NotFound, Conflict,
   * Unopenable, Unavailable
   */
  reveal(secret: SecretView, version: number | null): Promise<Sensitive>;
}

export interface SecretReaderDeps {
  session: ReadingSession;
  database: Database;
  values: SecretValues;
  clock: Clock;
}

/** A caller with one of these accesses to a secret may see the secret value. */
const REVEALING = ['READ'] as const satisfies readonly Access[];

export function secretReader({ session, database, values, clock }: SecretReaderDeps): SecretReader {
  /**
   * The authorizer of each secret that was read by name. INVARIANT: access to a secret is decided by the entitlements that were read in the same SQL
   * statement as the secret.
   */
  const authorizers = new WeakMap<SecretView, Authorizer>();
  const authorizerOf = (secret: SecretView) => authorizers.get(secret) ?? session.authorizer;
  const deletedSince = () => restorableSince(clock.now());
  /** For each secret that `findAndReveal` found: the sealed value if the caller may reveal the value, or the error. */
  const decided = new WeakMap<SecretView, PromiseSettledResult<SealedVersion>>();

  const secretById = byId((ids) => {
    const { subjects, isAdmin } = session.authorizer;
    return store.findByIds(database, viewingOf(subjects, isAdmin, clock), ids, deletedSince());
  });

  const query = (filter: SecretFilter, { subjects, isAdmin }: Authorizer): VisibleQuery => {
    return {
      visibleTo: isAdmin ? null : subjects,
      subjects,
      now: clock.now(),
      seeing: ACCESSES_TO_SEE_SECRET,
      access: filter.access ?? [],
      nameContains: sought(filter.nameContains, 'filter.nameContains'),
      tags: tagTexts(filter.tags ?? [], 'filter.tags'),
      expiresBefore: filter.expiresBefore ?? null,
      deletedSince: filter.deleted ? deletedSince() : null,
    };
  };

  const listed = async <Secret extends lists.SecretNamed>(
    page: PageRequest,
    filter: SecretFilter,
    read: (on: lists.Lists, asked: VisibleQuery, limit: number, after?: Position) => Promise<lists.Listed<Secret>>,
  ): Promise<Page<Secret & { key: string }>> => {
    const { first, after } = pageBounds(page);
    const { secrets } = await session.confirmedBy((authorizer, sql) =>
      read(sql === undefined ? database : { ...sql, prepared: sql }, query(filter, authorizer), first + 1, after),
    );
    return toPage(secrets, first);
  };

  // Counts are not cached, because a mutation in the same request may change them.
  const counts = new DataLoader<TagText, number>(
    async (requested) => {
      const tags = [...new Set(requested)];
      const rows = await lists.listTags(
        database,
        query({}, session.authorizer),
        { key: null, only: tags },
        tags.length,
      );
      const found = new Map(rows.map((row) => [row.tag, row.count]));
      return requested.map((tag) => found.get(tag) ?? 0);
    },
    { cache: false, maxBatchSize: 500 },
  );

  const versionPages = pagesByOwner(
    async (ids, limit, after) => {
      if (after !== undefined && !/^[1-9]\d{0,8}$/.test(after.key)) {
        throw new BadInput('after', 'an `endCursor` of an earlier page');
      }
      const rows = await store.listVersions(database, ids, limit, after && Number(after.key));
      return rows.map((row) => ({ ...row, id: row.secretId, key: String(row.number) }));
    },
    (row) => row.secretId,
  );

  // One statement reads all versions that a request reveals at the same time.
  const sealedVersions = new DataLoader<store.VersionKey, store.SealedRow | undefined>(
    async (keys) => {
      const rows = await store.findVersions(database, keys);
      return keys.map(({ secretId, number }) => rows.find((row) => row.secretId === secretId && row.number === number));
    },
    { cache: false, maxBatchSize: 500 },
  );

  /** Decides about a reveal, and records the decision. Returns the sealed value. INVARIANT: the event is committed before the value is decrypted. */
  const recordReveal = (
    { authorizer, audit }: Pick<NamedDecision, 'authorizer' | 'audit'>,
    secret: SecretView,
    number: number,
  ): Promise<SealedVersion> => {
    const event = revealOf(secret, number);
    return audit.before(event, async () => {
      // A caller with AUDITOR sees every secret in the access audit, but never a secret value.
      if (authorizer.seesAll && !authorizer.sees(secret))
        throw new Forbidden('To reveal a value, you need READ on the secret.', 'reveal');
      authorizer.require('READ', secret, 'reveal');
      if (isExpired(secret, clock.now())) throw new Expired();
      if (secret.deletedAt !== null)
        throw new Conflict('The secret is deleted. Restore the secret before you reveal a value.', 'reveal');
      if (number === secret.version && secret.sealed !== null) return { result: secret.sealed, event };
      const version = await sealedVersions.load({ secretId: secret.id, number });
      if (version === undefined) throw new NotFound('version', 'version');
      if (version.sealed === null) throw new Conflict('This version is destroyed.', 'version');
      return { result: version.sealed, event };
    });
  };

  return {
    async find(name, toReveal) {
      const { authorizer, secrets } = await session.readNamed([name], toReveal ? REVEALING : null);
      const [stored] = secrets;
      if (stored !== undefined && authorizer.sees(stored)) {
        authorizers.set(stored, authorizer);
        return stored;
      }
      if (isSecretName(name) && toReveal) await session.audit.record(hidden(eventSubjectOf(stored, name)), 'REFUSED');
      return null;
    },

    findAndReveal: (name) =>
      session.decideNamed([name], REVEALING, async ({ authorizer, audit, secrets: [stored] }) => {
        if (stored === undefined || !authorizer.sees(stored)) {
          if (isSecretName(name)) await audit.record(hidden(eventSubjectOf(stored, name)), 'REFUSED');
          return null;
        }
        // Other fields of the request may have read the same object. Each call has its own decision and therefore its own object.
        const secret = { ...stored };
        const decision = await settled(recordReveal({ authorizer, audit }, secret, secret.version));
        authorizers.set(secret, authorizer);
        decided.set(secret, decision);
        return secret;
      }),

    async findById(id, toReveal) {
      const stored = await secretById.load(id);
      if (stored !== null && session.authorizer.sees(stored)) return stored;
      if (toReveal) {
        await session.audit.record(hidden(eventSubjectOf({ id }, stored?.name ?? '')), 'REFUSED');
      }
      return null;
    },

    list: (filter, orderBy, page) =>
      listed(page, filter, (on, asked, ...bounds) => lists.list(on, { ...asked, orderBy }, ...bounds)),

    listNames: (filter, orderBy, page) =>
      listed(page, filter, (on, asked, ...bounds) => lists.listNames(on, { ...asked, orderBy }, ...bounds)),

    versions: (secret, page) => versionPages(secret.id, page),

    async listTags(key, page) {
      const { first, after } = pageBounds(page);
      const visible = query({}, session.authorizer);
      const rows = await lists.listTags(database, visible, { key: sought(key, 'key'), only: null }, first + 1, after);
      return toPage(
        rows.map(({ tag, count }) => ({ tag, count, key: tag, id: ZERO_UUID })),
        first,
      );
    },

    countTagged: (tag) => counts.load(tag),

    paths: (secret) => authorizerOf(secret).paths(secret),

    async reveal(secret, requested) {
      const number = requested ?? secret.version;
      const decision = number === secret.version ? decided.get(secret) : undefined;
      // Each further reveal of the same secret is a decision with its own audit event.
      if (decision !== undefined) decided.delete(secret);
      if (decision?.status === 'rejected') throw decision.reason;
      const { audit } = session;
      const sealed =
        decision?.value ?? (await recordReveal({ authorizer: authorizerOf(secret), audit }, secret, number));
      return audit.recordIfThrown(revealOf(secret, number), () => values.open(secret, number, sealed));
    },
  };
}

function revealOf(secret: SecretView, number: number) {
  return { action: 'SECRET_REVEAL', subject: eventSubjectOf(secret, secret.name), version: number } as const;
}

/** The audit event for an attempt to reveal a secret that the caller does not see. */
function hidden(subject: EventSubject): NewEvent {
  return { action: 'SECRET_REVEAL', subject, changes: { code: 'NOT_FOUND' } };
}

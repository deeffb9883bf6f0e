// Reads secrets by name, together with the entitlements that decide about access to the secrets. One SQL statement serves many requests. Caches the
// secrets that a caller may reveal or use. See docs/adr/0033.
import { LRUCache } from 'lru-cache';
import type { Authorizer } from '../access/authorizer.ts';
import { ACCESSES_TO_SEE_SECRET, accessTo, holds, isVisible, subjectsOf } from '../access/policy.ts';
import type { AsOf } from '../audit/as-of.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { batcher } from '../concurrency/batcher.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { EntitlementCache } from '../principals/entitlement-cache.ts';
import type { TokenClaims } from '../principals/entitlement-store.ts';
import type { Entitlements } from '../principals/principal.ts';
import { type ChangingSecret, isSecretName, type SealedVersion, type SecretView } from './secret.ts';
import { findNamed } from './secret-store.ts';

/** Reads secrets by name for all requests of the process. One SQL statement serves all reads that begin at the same time. */
export interface NamedSecrets {
  /**
   * Reads secrets by name, in the order of the names, together with the entitlements of the token's principal. The secrets and the entitlements are
   * read at the same moment, after the call. The calling code must use these entitlements to decide whether the principal sees a secret. If the
   * principal does not see a secret, only the secret's id is read. With `accesses`, also reads the current sealed value of a secret if one of these
   * accesses could allow its decryption. A text that is not a valid secret name finds no secret. @throws Unauthenticated, Unavailable
   */
  read(
    claims: TokenClaims,
    names: readonly string[],
    accesses: readonly Access[] | null,
  ): Promise<{ entitlements: Entitlements; epoch: number; secrets: (SecretView | undefined)[] }>;
  /**
   * Returns cached secrets and cached entitlements, without a database statement. Undefined unless all secrets and the entitlements are cached, and
   * the principal still sees all these secrets. The secrets have their sealed values. INVARIANT: a decision from the result counts only if an audit
   * event of the decision is committed as of the state `asOf`.
   */
  cached(claims: TokenClaims, names: readonly string[]): CachedSecrets | undefined;
  /** Caches a secret as a committed change leaves the secret. `epoch` is the epoch of the entitlements. */
  keep(entitlements: Entitlements, epoch: number, secret: SecretView): void;
  /** Removes these secrets of a principal from the cache, because the state of the secrets is no longer current. */
  forget(cached: Pick<CachedSecrets, 'entitlements' | 'secrets'>): void;
}

export interface CachedSecrets {
  entitlements: Entitlements;
  secrets: SecretView[];
  asOf: AsOf;
}

/** Secrets by name, with the authorizer and the audit log for a decision about them. */
export interface NamedDecision {
  /** Decides about these secrets. The authorizer uses the entitlements that belong to the same state of the database as the secrets. */
  authorizer: Authorizer;
  audit: AuditLog;
  secrets: (SecretView | undefined)[];
}

/** The part of a session that reads secrets. When the session reads secrets by name, the same SQL statement confirms the session's entitlements. */
export interface ReadingSession {
  /** @throws Error before the entitlements are confirmed */
  readonly authorizer: Authorizer;
  /** @throws Error before the entitlements are confirmed */
  readonly audit: AuditLog;
  /**
   * Reads secrets by name, as `NamedSecrets` does, and confirms the session's entitlements if they are not confirmed yet. The returned authorizer
   * decides about access to these secrets. The authorizer uses the entitlements that were read in the same SQL statement as the secrets. @throws
   * Unauthenticated, Unavailable
   */
  readNamed(
    names: readonly string[],
    accesses: readonly Access[] | null,
  ): Promise<{ authorizer: Authorizer; secrets: (SecretView | undefined)[] }>;
  /**
   * Decides about secrets by name and records the decision. First passes cached secrets to `decide`, if all are cached. The result or the error of
   * this call of `decide` counts only if `decide` committed an audit event, because the statement that commits the event confirms that the cached
   * data is current. Otherwise reads the secrets as `readNamed` does, and calls `decide` again. `decide` must do nothing but decide before it records
   * the decision. @throws Unauthenticated, Unavailable, and everything that `decide` throws
   */
  decideNamed<T>(
    names: readonly string[],
    accesses: readonly Access[],
    decide: (decision: NamedDecision) => Promise<T>,
  ): Promise<T>;
  /**
   * Calls `read` with an authorizer, and returns the result of `read`. `read` returns the epoch that its first SQL statement read. If the session is
   * not confirmed, this epoch confirms the entitlements of the authorizer. In this case, `read` may be called several times, as in
   * `EntitlementCache.readWith`. @throws Unauthenticated, Unavailable, and everything that `read` throws
   */
  confirmedBy<Read extends { epoch: number }>(
    read: (authorizer: Authorizer, sql?: Sql) => Promise<Read>,
  ): Promise<Read>;
}

/** The arguments of one call of `read`. */
interface Request {
  entitlements: Entitlements;
  names: readonly string[];
  accesses: readonly Access[] | null;
}

/** A cached secret with its sealed value. The state consists of the revision of the secret and of the epoch of the last use. */
interface Kept {
  secret: SecretView & { sealed: SealedVersion };
  asOf: AsOf;
}

interface Answer {
  epoch: number;
  /** The found secrets, by secret name. The map may also contain secrets that the same principal requested in other calls. */
  secrets: ReadonlyMap<string, SecretView>;
}

/** The access that a principal needs to store a new value of a secret. Reads with this list also return a `ChangingSecret`. */
export const CHANGING = ['UPDATE'] as const satisfies readonly Access[];

/** Maximum number of secret names in one SQL statement. The values of 500 secrets have about 60 MB at most. */
const MOST_NAMES = 500;
/** Maximum size of all cached secrets, in bytes. */
const MOST_CACHED_BYTES = 32 * 1_048_576;
/** The size in bytes of the parts of a cached secret that every secret has, such as its open data key. */
const BYTES_PER_SECRET = 2_048;
/** The size in bytes of one tag without its text. */
const BYTES_PER_TAG = 32;
/** The size in bytes of one grant on the name, or of one hash of an old value. */
const BYTES_PER_PART = 512;
/** Maximum number of a principal's tags that are sent as parameters of the SQL statement. */
const MOST_GRANTED_TAGS = 100;

export function namedSecrets({
  database,
  entitlementCache,
  clock,
  mostBytes = MOST_CACHED_BYTES,
}: {
  database: Database;
  entitlementCache: EntitlementCache;
  clock: Clock;
  mostBytes?: number;
}): NamedSecrets {
  const send = async (sql: Sql, requests: readonly Request[]): Promise<Answer[]> => {
    const { reads, places } = merged(requests);
    const now = clock.now();
    const { epoch, found } = await findNamed(
      sql,
      reads.map(({ entitlements, names, accesses }) => ({
        names: [...names],
        subjects: subjectsOf(entitlements),
        access: accesses,
        all: holds(entitlements, 'ADMIN'),
        tags: accesses === null ? [] : tagsGiving(entitlements, accesses, now),
        seeing: tagsGiving(entitlements, ACCESSES_TO_SEE_SECRET, now),
        changing: accesses === CHANGING,
      })),
      { seeing: ACCESSES_TO_SEE_SECRET, now },
    );
    const answers = found.map((secrets) => ({
      epoch,
      secrets: new Map(secrets.map((secret) => [secret.name as string, secret])),
    }));
    return places.map((place) => answers[place]!);
  };

  const batched = batcher<Request, Answer>({
    maxSize: MOST_NAMES,
    sizeOf: ({ names }) => names.length,
    send: (requests) => send(database.prepared, requests),
  });

  /**
   * The secrets that principals may reveal or use. The values are sealed. INVARIANT: a cached secret belongs to one object with entitlements, and is
   * used only with this object. Therefore the grants on the name of the secret are the grants to the subjects of these entitlements. A new epoch
   * alone does not make a cached secret outdated, because every change of the secret, its tags and the grants on its name raises its revision.
   */
  const kept = new LRUCache<string, Kept>({
    maxSize: mostBytes,
    sizeCalculation: ({ secret }) => sizeOf(secret),
  });
  const numbers = new WeakMap<Entitlements, number>();
  let lastNumber = 0;
  const cacheKey = (entitlements: Entitlements, name: string): string => {
    let number = numbers.get(entitlements);
    if (number === undefined) {
      lastNumber += 1;
      number = lastNumber;
      numbers.set(entitlements, number);
    }
    return `${number}/${name}`;
  };
  /** Returns the cached object, so that the data key of its sealed value is unwrapped only once (see `SecretValues`). */
  const keep = (entitlements: Entitlements, epoch: number, secret: SecretView): SecretView => {
    if (secret.sealed === null) return secret;
    const asOf = { epoch, secrets: [{ id: secret.id, revision: secret.revision }] };
    const copy = { ...secret, sealed: copied(secret.sealed) };
    kept.set(cacheKey(entitlements, secret.name), { secret: copy, asOf });
    return copy;
  };

  return {
    keep,
    cached(claims, names) {
      const known = names.length === 0 ? undefined : entitlementCache.peek(claims);
      if (known === undefined) return undefined;
      const { entitlements, epoch } = known;
      const found: Kept[] = [];
      const now = clock.now();
      for (const name of names) {
        const one = kept.get(cacheKey(entitlements, name));
        if (one === undefined) return undefined;
        if (one.asOf.epoch !== epoch) one.asOf = { epoch, secrets: one.asOf.secrets };
        // INVARIANT: a secret that became hidden when a grant expired costs the same SQL statements as a missing secret.
        if (!isVisible(accessTo(entitlements, one.secret, now))) return undefined;
        found.push(one);
      }
      const [only] = found;
      const asOf =
        only !== undefined && found.length === 1
          ? only.asOf
          : { epoch, secrets: found.flatMap((one) => one.asOf.secrets) };
      return { entitlements, asOf, secrets: found.map(({ secret }) => secret) };
    },
    forget({ entitlements, secrets }) {
      for (const { name } of secrets) kept.delete(cacheKey(entitlements, name));
    },
    async read(claims, texts, accesses) {
      // A text that is not a valid secret name could make the SQL statement fail for all requests that share the statement.
      const names = texts.filter(isSecretName);
      const { entitlements, read } = await entitlementCache.readWith(claims, async (entitlements, sql) => {
        const request = { entitlements, names, accesses };
        return sql === undefined ? batched.load(request) : (await send(sql, [request]))[0]!;
      });
      const { epoch } = read;
      const secrets = texts.map((name) => {
        const secret = read.secrets.get(name);
        return secret && keep(entitlements, epoch, secret);
      });
      return { entitlements, epoch, secrets };
    },
  };
}

/** Returns about how many bytes of memory a cached secret needs. A UTF-16 unit of a text needs at most two bytes. */
function sizeOf({ sealed, name, description, tags, nameGrants, oldest }: Kept['secret'] & ChangingSecret): number {
  const units = tags.reduce((sum, tag) => sum + tag.length, name.length + (description?.length ?? 0));
  const parts = nameGrants.length + (oldest?.size ?? 0);
  const bytes = 2 * units + sealed.ciphertext.length + sealed.wrappedKey.length;
  return BYTES_PER_SECRET + tags.length * BYTES_PER_TAG + parts * BYTES_PER_PART + bytes;
}

/** Copies a sealed value. The bytes of a database row are parts of larger buffers, which would stay in memory too. */
function copied({ ciphertext, wrappedKey, keyId }: SealedVersion): SealedVersion {
  return { ciphertext: new Uint8Array(ciphertext), wrappedKey: new Uint8Array(wrappedKey), keyId };
}

/**
 * The tags on which the principal has one of these accesses. Null if the principal has more than `MOST_GRANTED_TAGS` such tags. If null, the SQL
 * statement looks up the tags of each secret.
 */
function tagsGiving({ tagGrants }: Entitlements, accesses: readonly Access[], now: Date): TagText[] | null {
  if (tagGrants.length > MOST_GRANTED_TAGS) return null;
  return tagGrants
    .filter(
      ({ access, expiresAt }) =>
        (expiresAt === null || expiresAt > now) && accesses.some((needed) => access.includes(needed)),
    )
    .flatMap(({ tag }) => tag ?? []);
}

/**
 * Combines all requests of one principal that have equal accesses into one read. For each request, `places` contains the index of the read that
 * includes the request.
 */
function merged(requests: readonly Request[]) {
  const reads: { entitlements: Entitlements; accesses: readonly Access[] | null; names: Set<string> }[] = [];
  const places = new Map<Entitlements, Map<readonly Access[] | null, number>>();
  const placeOf = ({ entitlements, accesses }: Request): number => {
    const own = places.get(entitlements) ?? new Map<readonly Access[] | null, number>();
    places.set(entitlements, own);
    const place = own.get(accesses) ?? reads.push({ entitlements, accesses, names: new Set() }) - 1;
    own.set(accesses, place);
    return place;
  };
  return {
    reads,
    places: requests.map((request) => {
      const place = placeOf(request);
      for (const name of request.names) reads[place]?.names.add(name);
      return place;
    }),
  };
}

// Reads secrets by name, together with the entitlements that decide about access to the secrets. One SQL statement serves many requests.
import type { Authorizer } from '../access/authorizer.ts';
import { ACCESSES_TO_SEE_SECRET, holds, subjectsOf } from '../access/policy.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { batcher } from '../concurrency/batcher.ts';
import type { Database, Sql } from '../database/client.ts';
import type { Access } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { TagText } from '../primitives/tag-text.ts';
import type { EntitlementCache } from '../principals/entitlement-cache.ts';
import type { TokenClaims } from '../principals/entitlement-store.ts';
import type { Entitlements } from '../principals/principal.ts';
import { isSecretName, type SecretView } from './secret.ts';
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
  ): Promise<{ entitlements: Entitlements; secrets: (SecretView | undefined)[] }>;
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
}

/** The arguments of one call of `read`. */
interface Request {
  entitlements: Entitlements;
  names: readonly string[];
  accesses: readonly Access[] | null;
}

interface Answer {
  epoch: number;
  /** The found secrets, by secret name. The map may also contain secrets that the same principal requested in other calls. */
  secrets: ReadonlyMap<string, SecretView>;
}

/** Maximum number of secret names in one SQL statement. The values of 500 secrets have about 60 MB at most. */
const MOST_NAMES = 500;
/** Maximum number of a principal's tags that are sent as parameters of the SQL statement. */
const MOST_GRANTED_TAGS = 100;

export function namedSecrets({
  database,
  entitlementCache,
  clock,
}: {
  database: Database;
  entitlementCache: EntitlementCache;
  clock: Clock;
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

  return {
    async read(claims, texts, accesses) {
      // A text that is not a valid secret name could make the SQL statement fail for all requests that share the statement.
      const names = texts.filter(isSecretName);
      const { entitlements, read } = await entitlementCache.readWith(claims, async (entitlements, sql) => {
        const request = { entitlements, names, accesses };
        return sql === undefined ? batched.load(request) : (await send(sql, [request]))[0]!;
      });
      return { entitlements, secrets: texts.map((name) => read.secrets.get(name)) };
    },
  };
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

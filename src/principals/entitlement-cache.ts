// Caches the entitlements of principals, each with the epoch at which the entitlements were read. Every change of entitlements raises the epoch in
// the database. Before cached entitlements are used for a decision, a new statement reads the current epoch. If this epoch equals the cached epoch,
// the cached entitlements are still correct. See docs/adr/0018.

import { isDeepStrictEqual } from 'node:util';
import { LRUCache } from 'lru-cache';
import { batcher, sharedRead } from '../concurrency/batcher.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import { Unauthenticated } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { type EntitlementsSnapshot, readEntitlements, readEpoch, type TokenClaims } from './entitlement-store.ts';
import type { Entitlements } from './principal.ts';

/**
 * Returns the entitlements of a token's principal. Every method throws Unauthenticated if the principal is no longer active, and Unavailable if the
 * database does not answer.
 */
export interface EntitlementCache {
  /**
   * Returns the cached entitlements. Cached entitlements may be out of date, so the caller must not use them for an access decision. If no
   * entitlements are cached, the method reads the entitlements from the database.
   */
  cached(claims: TokenClaims): Promise<Entitlements>;
  /**
   * Returns the cached entitlements and their epoch, without a database statement. Undefined if no entitlements are cached. The caller may use the
   * entitlements for a decision only if the statement that commits the decision's audit event compares the epoch.
   */
  peek(claims: TokenClaims): Pick<EntitlementsSnapshot, 'entitlements' | 'epoch'> | undefined;
  /** Makes the cache read entitlements of another epoch again before their next use. `epoch` is the epoch that a statement has read. */
  noteEpoch(epoch: number): void;
  /** Returns the principal's entitlements. The returned entitlements are not older than the call. */
  current(claims: TokenClaims): Promise<Entitlements>;
  /** Does the same as `current`. Also returns the epoch of the entitlements. */
  currentWithEpoch(claims: TokenClaims): Promise<Pick<EntitlementsSnapshot, 'entitlements' | 'epoch'>>;
  /**
   * Calls `read` with entitlements. Returns the result of `read`, and the entitlements that were passed to `read`. The data and the entitlements are
   * the state at one moment, and this moment is not earlier than the call. `read` sends one SQL statement, which must also return the epoch. `read`
   * may be called several times. If `read` receives the argument `sql`, `read` must send the SQL statement through `sql`.
   */
  readWith<Read extends { epoch: number }>(
    claims: TokenClaims,
    read: (entitlements: Entitlements, sql?: Sql) => Promise<Read>,
  ): Promise<{ entitlements: Entitlements; read: Read }>;
}

/**
 * The maximum total weight of the cache. With this weight, the cache contains the entitlements of about 10,000 principals with few grants each, or of
 * fewer principals with more grants.
 */
const MOST_WEIGHT = 100_000;
const sizeCalculation = ({ entitlements: { roles, groups, tagGrants } }: EntitlementsSnapshot) =>
  10 + roles.length + groups.length + tagGrants.reduce((sum, { access }) => sum + 1 + access.length, 0);

/**
 * The maximum age of cached entitlements. Older entitlements are read again, because a change that someone makes by hand in the database does not
 * raise the epoch.
 */
const LONGEST_MS = 60_000;

/**
 * Maximum number of attempts to read entitlements and data in two SQL statements that return the same epoch. After the last attempt, one transaction
 * reads both the entitlements and the data.
 */
const MOST_MISSES = 3;

export interface EntitlementCacheDeps {
  database: Database;
  keyring: Keyring;
  clock: Clock;
}

export function entitlementCache({ database, keyring, clock }: EntitlementCacheDeps): EntitlementCache {
  const snapshots = new LRUCache<string, EntitlementsSnapshot & { since: number }>({
    maxSize: MOST_WEIGHT,
    sizeCalculation,
  });
  // After a failover that lost changes, later changes repeat epochs and revisions, with other data. Entitlements that are read again are new objects,
  // so that the secrets cached with the old objects are not used either.
  database.onReconnect(() => snapshots.clear());
  /** The epoch that the last statement has read. INVARIANT: entitlements with another epoch are not used. */
  let newest = 0;

  const noteEpoch = (epoch: number) => {
    newest = epoch;
  };

  const active = (snapshot: EntitlementsSnapshot | undefined): EntitlementsSnapshot => {
    // The expiry of an access key does not raise the epoch. Therefore each use of cached entitlements compares the expiry time with the clock.
    if (snapshot === undefined || (snapshot.keyExpiresAt !== null && snapshot.keyExpiresAt <= clock.now())) {
      throw new Unauthenticated('INVALID');
    }
    return snapshot;
  };

  const reads = batcher<TokenClaims, EntitlementsSnapshot | undefined>({
    maxSize: 100,
    async send(asked) {
      const byKey = new Map(asked.map((claims) => [cacheKey(claims), claims]));
      const found = await readEntitlements(database.prepared, keyring, [...byKey.values()]);
      const since = clock.now().getTime();
      const read = new Map([...byKey.keys()].map((key, i) => [key, found[i]]));
      for (const [key, snapshot] of read) {
        if (snapshot === undefined) continue;
        noteEpoch(snapshot.epoch);
        // If nothing changed, the object stays the same, because the cached secrets of a principal belong to one object of entitlements. Most changes
        // of the epoch change the entitlements of other principals.
        const previous = snapshots.peek(key)?.entitlements;
        if (previous !== undefined && isDeepStrictEqual(previous, snapshot.entitlements))
          snapshot.entitlements = previous;
        snapshots.set(key, { ...snapshot, since });
      }
      return asked.map((claims) => read.get(cacheKey(claims)));
    },
  });
  const currentEpoch = sharedRead(() => readEpoch(database.prepared));

  const recall = (claims: TokenClaims): EntitlementsSnapshot | undefined => {
    const snapshot = snapshots.get(cacheKey(claims));
    if (snapshot === undefined || snapshot.epoch !== newest) return undefined;
    return Math.abs(clock.now().getTime() - snapshot.since) < LONGEST_MS ? snapshot : undefined;
  };
  const readNow = async (claims: TokenClaims) => active(await reads.load(claims));
  const current = async (claims: TokenClaims): Promise<EntitlementsSnapshot> => {
    const snapshot = recall(claims);
    if (snapshot === undefined) return readNow(claims);
    const epoch = await currentEpoch();
    noteEpoch(epoch);
    return epoch === snapshot.epoch ? active(snapshot) : readNow(claims);
  };

  return {
    noteEpoch,
    async cached(claims) {
      return active(recall(claims) ?? (await readNow(claims))).entitlements;
    },

    peek(claims) {
      const snapshot = recall(claims);
      return snapshot && active(snapshot);
    },

    current: async (claims) => (await current(claims)).entitlements,
    currentWithEpoch: current,

    async readWith(claims, readFor) {
      let snapshot = recall(claims);
      for (let misses = 0; misses < MOST_MISSES; misses += 1) {
        snapshot = active(snapshot ?? (await readNow(claims)));
        const read = await readFor(snapshot.entitlements);
        noteEpoch(read.epoch);
        // INVARIANT: the statement that read the data also returned the epoch. An epoch from an earlier statement would not prove that the
        // entitlements are current.
        if (read.epoch === snapshot.epoch) return { entitlements: active(snapshot).entitlements, read };
        snapshot = undefined;
      }
      return database.snapshot(async (sql) => {
        const [alone] = await readEntitlements(sql, keyring, [claims]);
        const { entitlements } = active(alone);
        return { entitlements, read: await readFor(entitlements, sql) };
      });
    },
  };
}

/** The cache keys of claims that are still in memory. All requests with one verified token share its claims. */
const cacheKeys = new WeakMap<TokenClaims, string>();

function cacheKey(claims: TokenClaims): string {
  const known = cacheKeys.get(claims);
  if (known !== undefined) return known;
  const { kind, id, generation, accessKeyId, kid } = claims;
  const made = `${kind},${id},${generation},${accessKeyId ?? ''},${kid}`;
  cacheKeys.set(claims, made);
  return made;
}

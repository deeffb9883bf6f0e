// Entitlements of principals, cached with the epoch at which they were read. Cached entitlements decide nothing until a statement that is sent
// after the call has returned the same epoch: then nothing has changed since. See docs/adr/0018.

import { LRUCache } from 'lru-cache';
import { batcher } from '../concurrency/batcher.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import { Unauthenticated } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { type EntitlementsSnapshot, readEntitlements, readEpoch, type TokenClaims } from './entitlement-store.ts';
import type { Entitlements } from './principal.ts';

/** The entitlements of a token's principal. Every method throws Unauthenticated if the principal is not active any more, and Unavailable. */
export interface EntitlementCache {
  /** The cached entitlements, which may be out of date, so decide nothing by them. Reads the entitlements if none are cached. */
  cached(claims: TokenClaims): Promise<Entitlements>;
  /** The entitlements as of a moment after the call. */
  current(claims: TokenClaims): Promise<Entitlements>;
  /**
   * Returns what `read` reads for the entitlements that it receives, and the entitlements. The data and the entitlements are as of the same time,
   * after the call. `read` sends one statement, which also returns the epoch. `read` may be called several times, and uses `sql` if it receives
   * `sql`.
   */
  readWith<Read extends { epoch: number }>(
    claims: TokenClaims,
    read: (entitlements: Entitlements, sql?: Sql) => Promise<Read>,
  ): Promise<{ entitlements: Entitlements; read: Read }>;
}

/** The maximum total weight of cached entitlements: those of about 10,000 principals with few grants, or of fewer principals with many. */
const MOST_WEIGHT = 100_000;
const sizeCalculation = ({ entitlements: { roles, groups, tagGrants } }: EntitlementsSnapshot) =>
  10 + roles.length + groups.length + tagGrants.reduce((sum, { access }) => sum + 1 + access.length, 0);

/** Cached entitlements are read again after this time, because a change made by hand in the database does not raise the epoch. */
const LONGEST_MS = 60_000;

/** If the epoch changes this many times between two statements, the entitlements and the data are read in one transaction. */
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
  /** The epoch of all cached entitlements. */
  let newest = 0;

  const noteEpoch = (epoch: number) => {
    if (epoch === newest) return;
    newest = epoch;
    snapshots.clear();
  };

  const active = (snapshot: EntitlementsSnapshot | undefined): EntitlementsSnapshot => {
    // An access key that expires raises no epoch, so each use compares the expiry with the clock.
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
        snapshots.set(key, { ...snapshot, since });
      }
      return asked.map((claims) => read.get(cacheKey(claims)));
    },
  });
  const epochs = batcher<undefined, number>({
    maxSize: Number.POSITIVE_INFINITY,
    async send(asked) {
      const epoch = await readEpoch(database.prepared);
      return asked.map(() => epoch);
    },
  });

  const recall = (claims: TokenClaims): EntitlementsSnapshot | undefined => {
    const snapshot = snapshots.get(cacheKey(claims));
    return snapshot && Math.abs(clock.now().getTime() - snapshot.since) < LONGEST_MS ? snapshot : undefined;
  };
  const readNow = async (claims: TokenClaims) => active(await reads.load(claims));

  return {
    async cached(claims) {
      return active(recall(claims) ?? (await readNow(claims))).entitlements;
    },

    async current(claims) {
      const snapshot = recall(claims);
      if (snapshot === undefined) return (await readNow(claims)).entitlements;
      const epoch = await epochs.load(undefined);
      noteEpoch(epoch);
      return (epoch === snapshot.epoch ? active(snapshot) : await readNow(claims)).entitlements;
    },

    async readWith(claims, readFor) {
      let snapshot = recall(claims);
      for (let misses = 0; misses < MOST_MISSES; misses += 1) {
        snapshot = active(snapshot ?? (await readNow(claims)));
        const read = await readFor(snapshot.entitlements);
        noteEpoch(read.epoch);
        // INVARIANT: the statement that read the data also returned the epoch. An epoch from an earlier statement proves nothing.
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

function cacheKey({ kind, id, generation, accessKeyId, kid }: TokenClaims): string {
  return `${kind},${id},${generation},${accessKeyId ?? ''},${kid}`;
}

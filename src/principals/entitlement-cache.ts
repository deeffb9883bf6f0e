// How principals stand, remembered with the epoch at which it was read. What is remembered decides nothing before a statement sent after
// the question says that the epoch is still that one: then nothing has changed. See docs/adr/0018.

import { batches } from '../concurrency/batcher.ts';
import { remembered } from '../concurrency/cache.ts';
import type { Keyring } from '../crypto/keyring.ts';
import type { Database, Sql } from '../database/client.ts';
import { Unauthenticated } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';
import { type EntitlementsAtEpoch, type Presented, readEntitlements, readEpoch } from './entitlement-store.ts';
import type { Entitlements } from './principal.ts';

/** How whoever presents a token stands. All throw Unauthenticated for one that stands for nobody active any more, and Unavailable. */
export interface EntitlementCache {
  /**
   * As remembered, which may be older than the call; read if it is not. Decide nothing by it: it says whom to read something for, by `asOf`.
   */
  presumed(presented: Presented): Promise<Entitlements>;
  /** As it is at a moment after the call. */
  confirmed(presented: Presented): Promise<Entitlements>;
  /**
   * What `read` reads for the standing passed to it, and how they stood at the very moment of it. `read` may be called several times: it is
   * one statement, sent after it was called, that tells the epoch as well; through `sql` if that is passed.
   */
  asOf<Read extends { epoch: number }>(
    presented: Presented,
    read: (entitlements: Entitlements, sql?: Sql) => Promise<Read>,
  ): Promise<{ entitlements: Entitlements; read: Read }>;
}

/** Weights of all standings that are remembered: some 10,000 small ones, or fewer large ones. */
const MOST_REMEMBERED = 100_000;
const weigh = ({ entitlements: { roles, groups, tagGrants } }: EntitlementsAtEpoch) =>
  10 + roles.length + groups.length + tagGrants.reduce((sum, { access }) => sum + 1 + access.length, 0);

/** What was changed by hand in the database raises no epoch. After that long it is found out anyhow. */
const LONGEST_MS = 60_000;

/** Before what is read and the standing are read as of one moment. While others raise the epoch all the time, they never meet otherwise. */
const MOST_MISSES = 3;

export interface EntitlementCacheNeeds {
  database: Database;
  keyring: Keyring;
  clock: Clock;
}

export function entitlementCache({ database, keyring, clock }: EntitlementCacheNeeds): EntitlementCache {
  const known = remembered<EntitlementsAtEpoch & { since: number }>({ most: MOST_REMEMBERED, weigh });
  /** Of all that is known. */
  let newest = 0;

  const hear = (epoch: number) => {
    if (epoch === newest) return;
    newest = epoch;
    known.forgetAll();
  };

  const present = (held: EntitlementsAtEpoch | undefined): EntitlementsAtEpoch => {
    // What ends by itself raises no epoch: it is held against the clock each time.
    if (held === undefined || (held.keyExpiresAt !== null && held.keyExpiresAt <= clock.now())) {
      throw new Unauthenticated('INVALID');
    }
    return held;
  };

  const reads = batches<Presented, EntitlementsAtEpoch | undefined>({
    most: 100,
    async send(asked) {
      const byKey = new Map(asked.map((presented) => [keyOf(presented), presented]));
      const found = await readEntitlements(database.prepared, keyring, [...byKey.values()]);
      const since = clock.now().getTime();
      const held = new Map([...byKey.keys()].map((key, i) => [key, found[i]]));
      for (const [key, one] of held) {
        if (one === undefined) continue;
        hear(one.epoch);
        known.set(key, { ...one, since });
      }
      return asked.map((presented) => held.get(keyOf(presented)));
    },
  });
  const epochs = batches<undefined, number>({
    most: Number.POSITIVE_INFINITY,
    async send(asked) {
      const epoch = await readEpoch(database.prepared);
      return asked.map(() => epoch);
    },
  });

  const recall = (presented: Presented): EntitlementsAtEpoch | undefined => {
    const held = known.get(keyOf(presented));
    return held && Math.abs(clock.now().getTime() - held.since) < LONGEST_MS ? held : undefined;
  };
  const read = async (presented: Presented) => present(await reads.load(presented));

  return {
    async presumed(presented) {
      return present(recall(presented) ?? (await read(presented))).entitlements;
    },

    async confirmed(presented) {
      const held = recall(presented);
      if (held === undefined) return (await read(presented)).entitlements;
      const epoch = await epochs.load(undefined);
      hear(epoch);
      return (epoch === held.epoch ? present(held) : await read(presented)).entitlements;
    },

    async asOf(presented, readFor) {
      let held = recall(presented);
      for (let misses = 0; misses < MOST_MISSES; misses += 1) {
        held = present(held ?? (await read(presented)));
        const found = await readFor(held.entitlements);
        hear(found.epoch);
        // INVARIANT: the epoch is told by the statement that read, never by one before it.
        if (found.epoch === held.epoch) return { entitlements: present(held).entitlements, read: found };
        held = undefined;
      }
      return database.snapshot(async (sql) => {
        const [alone] = await readEntitlements(sql, keyring, [presented]);
        const { entitlements } = present(alone);
        return { entitlements, read: await readFor(entitlements, sql) };
      });
    },
  };
}

function keyOf({ kind, id, generation, accessKeyId, kid }: Presented): string {
  return `${kind},${id},${generation},${accessKeyId ?? ''},${kid}`;
}

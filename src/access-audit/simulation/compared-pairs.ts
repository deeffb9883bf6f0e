// Collects the pairs of a principal and a secret whose access a simulation compares.
import type { Transaction } from '../../database/client.ts';
import type { Clock } from '../../primitives/clock.ts';
import type { Uuid } from '../../primitives/ids.ts';
import {
  type AffectedPrincipals,
  type AffectedSecrets,
  affectedPairs,
  type Pair,
  pairKey,
} from '../history/affected-store.ts';

/** The maximum number of pairs of a principal and a secret that one simulation compares. */
const MOST_PAIRS = 5_000;
/** Maximum number of changes in one simulation that each affect more than `MOST_PAIRS` pairs. */
const MOST_CUTS = 3;

export interface ComparedPairs {
  /**
   * Adds the pairs that a change can affect. Must be called before the change is made. Adds nothing if more than `MOST_PAIRS` pairs are collected, or
   * after `MOST_CUTS` changes that each affect too many pairs.
   */
  add(principals: AffectedPrincipals, secrets: AffectedSecrets): Promise<void>;
  /** Returns the first `MOST_PAIRS` collected pairs, sorted by the principal's id, then the secret's id. */
  sorted(): Pair[];
  /** Returns whether `sorted` has all pairs that the changes can affect. */
  complete(): boolean;
}

export function comparedPairs(tx: Transaction, clock: Clock, groups: readonly Uuid[] | null): ComparedPairs {
  const pairs = new Map<string, Pair>();
  let cuts = 0;
  return {
    async add(principals, secrets) {
      if (pairs.size > MOST_PAIRS || cuts === MOST_CUTS) return;
      const affected = await affectedPairs(tx, principals, secrets, { most: MOST_PAIRS, now: clock.now(), groups });
      for (const pair of affected.pairs) pairs.set(pairKey(pair), pair);
      if (affected.cut) cuts += 1;
    },
    sorted: () => [...pairs.values()].sort(byIds).slice(0, MOST_PAIRS),
    complete: () => cuts === 0 && pairs.size <= MOST_PAIRS,
  };
}

function byIds(a: Pair, b: Pair): number {
  return pairKey(a) < pairKey(b) ? -1 : 1;
}

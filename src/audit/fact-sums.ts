// Adds up the facts of an audit log. The sums do not depend on the order of the facts. The sums use the same amount of memory for every audit log.
import { hash, randomBytes } from 'node:crypto';
import type { Sign } from './facts.ts';

const BUCKETS = 1 << 16;

/**
 * Each bucket contains the sum of the facts that began, minus the sum of the facts that ended. The sums add hashes of facts. Each check creates a new
 * random hash key. Therefore an attacker cannot choose different facts with equal sums.
 */
export interface FactSums {
  add(digest: string, sign: Sign): void;
  /** Returns the number of the bucket whose sum includes a fact. */
  bucketOf(digest: string): number;
  /** Returns the numbers of the buckets whose sum is not zero. */
  uneven(): Set<number>;
}

export function factSums(): FactSums {
  const key = randomBytes(32).toString('hex');
  // Each bucket consists of two sums of 32 bits.
  const sums = new Uint32Array(2 * BUCKETS);
  const hashed = (digest: string) => hash('sha256', key + digest, 'buffer');
  const bucket = (bytes: Buffer) => bytes.readUInt16LE(0);
  return {
    add(digest, sign) {
      const bytes = hashed(digest);
      const at = 2 * bucket(bytes);
      // The array stores sums modulo 2^32.
      sums[at] = sums[at]! + sign * bytes.readUInt32LE(2);
      sums[at + 1] = sums[at + 1]! + sign * bytes.readUInt32LE(6);
    },
    bucketOf: (digest) => bucket(hashed(digest)),
    uneven() {
      const uneven = new Set<number>();
      for (let at = 0; at < BUCKETS; at += 1) if (sums[2 * at] !== 0 || sums[2 * at + 1] !== 0) uneven.add(at);
      return uneven;
    },
  };
}

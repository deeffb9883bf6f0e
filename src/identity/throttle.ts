// Limits failed sign-ins per account and per client address. Each account and each address has a leaky bucket: a failed sign-in adds one to the
// bucket, and the bucket drains at a constant rate. Each process has its own buckets in memory, so the maximum number of attempts grows in proportion
// to the number of processes.

import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import { RateLimited } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';

export interface Limit {
  /** Number of failed sign-ins that fill a bucket. */
  failures: number;
  /** Milliseconds in which one failed sign-in drains from a bucket. */
  leak: number;
  /** Maximum number of buckets. */
  entries: number;
}

export interface Limits {
  account: Limit;
  address: Limit;
}

export const LIMITS: Limits = {
  account: { failures: 10, leak: 30_000, entries: 50_000 },
  address: { failures: 100, leak: 3_000, entries: 50_000 },
};

/** The throttle rejected the sign-in before the credentials were checked. */
export class Throttled extends RateLimited {
  /** Whether this is the first rejection since the bucket was last empty. Only the first rejection is recorded in the audit log. */
  readonly first: boolean;
  constructor(retryAfter: number, first: boolean) {
    super(retryAfter);
    this.first = first;
  }
}

/**
 * A sign-in attempt that the throttle admitted. The attempt is treated as failed until the caller calls one of the two methods. After one of the two
 * methods was called, further calls have no effect.
 */
export interface Attempt {
  /** Reports that the credentials were correct. */
  succeeded(): void;
  /** Reports that the credentials could not be checked, for example because the database was unreachable. */
  abandoned(): void;
}

export interface Throttle {
  /** Returns whether `attempt` would admit a sign-in now. This method adds nothing to a bucket. */
  admits(account: string, address: string): boolean;
  /**
   * Admits a sign-in attempt on `account` from `address`, and adds one to the buckets of both. `account` is a string that identifies one account. No
   * user may have the same string as an access key. Call `attempt` before the credentials are checked, so that concurrent attempts cannot exceed the
   * limit.
   * @throws Throttled if a bucket is full; the attempt is then not added to the buckets
   */
  attempt(account: string, address: string): Attempt;
}

export function createThrottle({ clock, limits = LIMITS }: { clock: Clock; limits?: Limits }): Throttle {
  const time = forwardTime(clock);
  const accounts = buckets(limits.account);
  const addresses = buckets(limits.address);

  // The bucket of the address is checked before the bucket of the account, because a throttled address must not create buckets for accounts.
  const states = (account: string, address: string, now: number) =>
    [addresses.find(network(address), now), accounts.find(hash('sha256', account, 'base64'), now)] as const;

  return {
    admits: (account, address) => states(account, address, time()).every((state) => state.wait <= 0),
    attempt(account, address) {
      const [byAddress, byAccount] = states(account, address, time());
      const waits = [byAddress, byAccount].filter((state) => state.wait > 0);
      if (waits.length > 0) {
        const wait = Math.max(...waits.map((state) => state.wait));
        // Every bucket that is full must record the rejection. Therefore `map` calls `reject` for all buckets before `includes` runs.
        const first = waits.map((state) => state.reject()).includes(true);
        throw new Throttled(Math.ceil(wait / 1000), first);
      }

      const removals = [byAddress, byAccount].map((state) => state.fill());
      const giveBack = () => {
        const later = time();
        for (const back of removals.splice(0)) back(later);
      };
      return { succeeded: giveBack, abandoned: giveBack };
    },
  };
}

interface Bucket {
  /**
   * The level of the bucket at the time `since`, as the number of milliseconds until the bucket is empty. Attempts after `since` are in `attempts`,
   * not in `level`.
   */
  level: number;
  since: number;
  /** Times of the attempts after `since`, in order. The length of the list is at most the number of attempts that fill a bucket. */
  attempts: number[];
  touchedAt: number;
  /** Whether a rejection was reported since the bucket was last empty. */
  reported: boolean;
}

/** The state of one bucket for one attempt. */
interface BucketState {
  /** Milliseconds until the bucket admits an attempt. 0 or less if the bucket admits an attempt now. */
  wait: number;
  /** Records a rejection. Returns whether this is the first rejection since the bucket was last empty. */
  reject(): boolean;
  /** Adds one attempt to the bucket. Returns a function that removes this attempt from the bucket again. */
  fill(): (later: number) => void;
}

/**
 * Keeps at most `entries` buckets in a map. An empty bucket needs no entry in the map. A bucket is empty if it was not used for the time in which a
 * full bucket drains. The map is sorted by the time of the last use. Therefore empty buckets are removed first. If the map is still full, the
 * emptiest of the 64 least recently used buckets is removed. A full bucket is never removed, because otherwise an attacker could reset the bucket by
 * filling the map with other buckets. If all 64 buckets are full, an attempt that needs a new bucket is rejected until one of the 64 buckets has
 * drained.
 */
function buckets({ failures, leak, entries }: Limit) {
  const capacity = failures * leak;
  const kept = new Map<string, Bucket>();
  let isFullReported = false;

  function levelAt({ level, since, attempts }: Pick<Bucket, 'level' | 'since' | 'attempts'>, now: number): number {
    let [full, at] = [level, since];
    for (const next of attempts) [full, at] = [Math.max(0, full - (next - at)) + leak, next];
    return Math.max(0, full - (now - at));
  }

  /** Adds attempts to `level`, and removes them from `attempts`, when their exact time is no longer needed. */
  function touch(bucket: Bucket, now: number): void {
    bucket.touchedAt = now;
    if (levelAt(bucket, now) === 0) Object.assign(bucket, { level: 0, since: now, attempts: [], reported: false });
    while (bucket.attempts.length > failures) {
      const at = bucket.attempts.shift()!;
      bucket.level = levelAt({ level: bucket.level, since: bucket.since, attempts: [] }, at) + leak;
      bucket.since = at;
    }
  }

  function hasSpace(now: number): boolean {
    for (const [key, bucket] of kept) {
      if (now - bucket.touchedAt < capacity) break;
      kept.delete(key);
    }
    return kept.size < entries;
  }

  /** Returns the map key of the bucket that can be removed to make room for a new bucket. Returns undefined if all candidates are full. */
  function keyToRemove(now: number): string | undefined {
    let found: string | undefined;
    let least = capacity - leak + 1;
    for (const [key, bucket] of kept.entries().take(64)) {
      const level = levelAt(bucket, now);
      if (level < least) [found, least] = [key, level];
      if (level === 0) break;
    }
    return found;
  }

  /** Returns the state of the bucket with the map key `key`. A new bucket is added to the map only when an attempt is added to the bucket. */
  function find(key: string, now: number): BucketState {
    const existing = kept.get(key);
    const bucket = existing ?? { level: 0, since: now, attempts: [], touchedAt: now, reported: false };
    let wait = levelAt(bucket, now) + leak - capacity;
    let toRemove: string | undefined;
    if (existing) {
      touch(bucket, now);
      kept.delete(key);
      kept.set(key, bucket);
    } else if (!hasSpace(now)) {
      toRemove = keyToRemove(now);
      if (toRemove === undefined) wait = leak;
    }

    return {
      wait,
      reject() {
        const first = existing ? !existing.reported : !isFullReported;
        if (existing) existing.reported = true;
        else isFullReported = true;
        return first;
      },
      fill() {
        if (toRemove !== undefined) kept.delete(toRemove);
        if (!existing) isFullReported = false;
        kept.set(key, bucket);
        bucket.attempts.push(now);
        return (later) => takeOut(bucket, now, later);
      },
    };
  }

  /**
   * Removes the attempt that was made at the time `at` from a bucket. The bucket then has the level that it would have without this attempt. Therefore successful
   * sign-ins, even many concurrent ones, neither add failures to a bucket nor remove failures.
   */
  function takeOut(bucket: Bucket, at: number, now: number): void {
    const index = bucket.attempts.indexOf(at);
    if (index >= 0) bucket.attempts.splice(index, 1);
    touch(bucket, now);
  }

  return { find };
}

/**
 * Returns a clock in milliseconds that never goes backward. When the system clock is set back, the returned clock first repeats its last time, and
 * then advances at the normal rate. Therefore buckets continue to drain at their normal rate.
 */
function forwardTime(clock: Clock): () => number {
  let last = clock.now().getTime();
  let elapsed = 0;
  return () => {
    const now = clock.now().getTime();
    elapsed += Math.max(0, now - last);
    last = now;
    return elapsed;
  };
}

/**
 * Returns the string that identifies the client network of an address. For IPv6, the network is the first 64 bits of the address, because an internet
 * provider usually assigns a network of this size to one subscriber. For an IPv4 address, including an IPv4 address in IPv6 notation
 * (`::ffff:192.0.2.1`), the network is the IPv4 address itself. All strings that are not addresses share the network `unknown`.
 */
export function network(address: string): string {
  const [plain = ''] = address.split('%');
  if (isIP(plain) === 4) return plain;
  if (isIP(plain) !== 6) return 'unknown';

  const text = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = [], tail = []] = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail].map((group) =>
    Number.parseInt(group, 16),
  );
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

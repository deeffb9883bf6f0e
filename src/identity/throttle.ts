// Failed sign-ins are held back, for each account and for each address, in the memory of one process: N nodes allow N times as
// many. A leaky bucket for each: a failure fills it by one, and one leaks out every so often.

import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import { RateLimited } from '../errors.ts';
import type { Clock } from '../primitives/clock.ts';

export interface Limit {
  /** Failures that a bucket holds. */
  failures: number;
  /** Milliseconds in which one of them leaks out. */
  leak: number;
  /** Buckets that are kept. */
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

/** Refused by the throttle: nothing was checked. */
export class Throttled extends RateLimited {
  /** The first refusal since the bucket was last empty. Record this one and not those after it. */
  readonly first: boolean;
  constructor(retryAfter: number, first: boolean) {
    super(retryAfter);
    this.first = first;
  }
}

/** An admitted attempt. It counts as failed from the beginning, until one of these is called; calling again does nothing. */
export interface Attempt {
  /** It signed somebody in. */
  succeeded(): void;
  /** It came to no answer, such as when the database or the hashing could not be reached. */
  abandoned(): void;
}

export interface Throttle {
  /** Whether an attempt would be admitted now. Counts nothing. */
  hasRoom(account: string, address: string): boolean;
  /**
   * Counts an attempt on `account` (any text that names one account; keep users and keys apart) from `address`. Call it before
   * checking anything, so that attempts made at the same moment cannot be more than the limit.
   * @throws Throttled and counts nothing
   */
  attempt(account: string, address: string): Attempt;
}

export function createThrottle({ clock, limits = LIMITS }: { clock: Clock; limits?: Limits }): Throttle {
  const time = forwardTime(clock);
  const accounts = buckets(limits.account);
  const addresses = buckets(limits.address);

  // The address first: one that is held back must not make buckets for accounts.
  const ways = (account: string, address: string, now: number) =>
    [addresses.find(network(address), now), accounts.find(hash('sha256', account, 'base64'), now)] as const;

  return {
    hasRoom: (account, address) => ways(account, address, time()).every((way) => way.wait <= 0),
    attempt(account, address) {
      const [byAddress, byAccount] = ways(account, address, time());
      const waits = [byAddress, byAccount].filter((way) => way.wait > 0);
      if (waits.length > 0) {
        const wait = Math.max(...waits.map((way) => way.wait));
        // Both are told, whichever was first.
        const first = waits.map((way) => way.refuse()).includes(true);
        throw new Throttled(Math.ceil(wait / 1000), first);
      }

      const held = [byAddress, byAccount].map((way) => way.hold());
      const giveBack = () => {
        const then = time();
        for (const back of held.splice(0)) back(then);
      };
      return { succeeded: giveBack, abandoned: giveBack };
    },
  };
}

interface Bucket {
  /** How full it was at `since`: milliseconds until it is empty. What came after that is in `held`. */
  level: number;
  since: number;
  /** When each was put in, in order: no more than the bucket holds. */
  held: number[];
  touchedAt: number;
  /** Whether a refusal was told since it was last empty. */
  told: boolean;
}

/** How one bucket stands to one attempt. */
interface Way {
  /** Milliseconds until there is room; not above 0 if there is. */
  wait: number;
  /** Notes a refusal; whether it is the first. */
  refuse(): boolean;
  /** Fills it by one. @returns what takes that out again */
  hold(): (then: number) => void;
}

/**
 * Buckets by key, `entries` at most. An empty one is as good as none, and one not touched for as long as a full one takes to
 * drain is empty; the map is in the order of touching, so those go first. When that makes no room, the emptiest of the 64
 * least recently touched goes, but never one that is full: forgetting that would be a way to reset it, by flooding. If all of
 * those are full, keys without a bucket are refused until one has drained.
 */
function buckets({ failures, leak, entries }: Limit) {
  const most = failures * leak;
  const kept = new Map<string, Bucket>();
  let crowdedTold = false;

  function levelAt({ level, since, held }: Pick<Bucket, 'level' | 'since' | 'held'>, now: number): number {
    let [full, at] = [level, since];
    for (const next of held) [full, at] = [Math.max(0, full - (next - at)) + leak, next];
    return Math.max(0, full - (now - at));
  }

  /** Forgets what has no bearing any more. */
  function touch(bucket: Bucket, now: number): void {
    bucket.touchedAt = now;
    if (levelAt(bucket, now) === 0) Object.assign(bucket, { level: 0, since: now, held: [], told: false });
    while (bucket.held.length > failures) {
      const at = bucket.held.shift()!;
      bucket.level = levelAt({ level: bucket.level, since: bucket.since, held: [] }, at) + leak;
      bucket.since = at;
    }
  }

  function hasRoom(now: number): boolean {
    for (const [key, bucket] of kept) {
      if (now - bucket.touchedAt < most) break;
      kept.delete(key);
    }
    return kept.size < entries;
  }

  /** The key to forget for a new one, if there is one that is not full. */
  function emptiest(now: number): string | undefined {
    let found: string | undefined;
    let least = most - leak + 1;
    for (const [key, bucket] of kept.entries().take(64)) {
      const level = levelAt(bucket, now);
      if (level < least) [found, least] = [key, level];
      if (level === 0) break;
    }
    return found;
  }

  /** The bucket of `key`. A new one is not kept before it holds something. */
  function find(key: string, now: number): Way {
    const known = kept.get(key);
    const bucket = known ?? { level: 0, since: now, held: [], touchedAt: now, told: false };
    let wait = levelAt(bucket, now) + leak - most;
    let forget: string | undefined;
    if (known) {
      touch(bucket, now);
      kept.delete(key);
      kept.set(key, bucket);
    } else if (!hasRoom(now)) {
      forget = emptiest(now);
      if (forget === undefined) wait = leak;
    }

    return {
      wait,
      refuse() {
        const first = known ? !known.told : !crowdedTold;
        if (known) known.told = true;
        else crowdedTold = true;
        return first;
      },
      hold() {
        if (forget !== undefined) kept.delete(forget);
        if (!known) crowdedTold = false;
        kept.set(key, bucket);
        bucket.held.push(now);
        return (then) => takeOut(bucket, now, then);
      },
    };
  }

  /**
   * Takes out what was put in at `at`, and with it what it did: the bucket is then as if that had never been in it. So signing in
   * well, however many at a time, neither washes out the failures of others nor adds to them.
   */
  function takeOut(bucket: Bucket, at: number, now: number): void {
    const index = bucket.held.indexOf(at);
    if (index >= 0) bucket.held.splice(index, 1);
    touch(bucket, now);
  }

  return { find };
}

/**
 * Milliseconds that only go forward: when the clock is set back, this stands still for that one reading and goes on from there.
 * What a jump costs is the time since the reading before it, and what is full drains as fast as ever.
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
 * What counts as one address. Of IPv6 its first 64 bits, which is what one subscriber gets; an IPv4 address written as IPv6
 * (`::ffff:192.0.2.1`) is the IPv4 address. What is neither counts together.
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

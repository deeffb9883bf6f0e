// What events tell of secrets besides their newest values: what was destroyed, what is deleted, when it expires.
import type { StoredEvent } from './audit-chain.ts';

/**
 * What a part of the log tells of one secret. Gateways have no order in common, so these are sums: whatever is read first, they come to the
 * same, since what a change left is what the next one began with.
 */
export interface SecretLife {
  /** Outside id. */
  id: string;
  /** How many times more it was deleted than restored: in all 0 or 1. */
  deleted?: number;
  /** How many times more it was given a time of expiry than had it taken: in all 1 for the time that it has, and 0 for others. */
  expires?: Record<string, number>;
  /** The highest of the versions that were destroyed because there were newer ones. */
  destroyedUpTo?: number;
  /** Versions that were destroyed one by one. */
  destroyed?: number[];
}

/** The lives of all secrets, put together from parts. */
export interface SecretLives {
  /** Takes an event that was written so, and DONE. */
  event(event: StoredEvent): void;
  add(life: SecretLife): void;
  /** By outside id. */
  all(): ReadonlyMap<string, SecretLife>;
}

export function secretLives(): SecretLives {
  const lives = new Map<string, SecretLife>();
  const add = ({ id, deleted = 0, expires = {}, destroyedUpTo = 0, destroyed = [] }: SecretLife) => {
    const life: SecretLife = lives.get(id) ?? { id };
    lives.set(id, life);
    if (deleted !== 0) life.deleted = (life.deleted ?? 0) + deleted;
    for (const [time, times] of Object.entries(expires)) {
      life.expires ??= {};
      life.expires[time] = (life.expires[time] ?? 0) + times;
    }
    if (destroyedUpTo > 0) life.destroyedUpTo = Math.max(destroyedUpTo, life.destroyedUpTo ?? 0);
    if (destroyed.length > 0) life.destroyed = [...(life.destroyed ?? []), ...destroyed];
  };
  return {
    add,
    event(event) {
      const life = lifeIn(event);
      if (life !== undefined) add(life);
    },
    all: () => lives,
  };
}

/** What an event tells; undefined if nothing. */
function lifeIn({ action, subjectId, version, changes }: StoredEvent): SecretLife | undefined {
  const id = subjectId ?? '';
  const told = () => JSON.parse(changes ?? '{}') as Record<string, unknown>;
  switch (action) {
    case 'SECRET_CREATE':
      return moved(id, undefined, told().expiresAt);
    case 'SECRET_UPDATE': {
      const { from, to } = (told().expiresAt ?? {}) as { from?: unknown; to?: unknown };
      return moved(id, from, to);
    }
    case 'SECRET_ROTATE': {
      if (!changes?.includes('"destroyedUpTo"')) return undefined;
      return { id, destroyedUpTo: Number(told().destroyedUpTo) };
    }
    case 'SECRET_VERSION_DESTROY':
      return version === null ? undefined : { id, destroyed: [version] };
    case 'SECRET_DELETE':
      // What was purged is told by its value, which is gone.
      return told().purged === true ? undefined : { id, deleted: 1 };
    case 'SECRET_RESTORE':
      return { id, deleted: -1 };
    default:
      return undefined;
  }
}

/** Its time of expiry was this one, and is that one; what is no text is none. */
function moved(id: string, from: unknown, to: unknown): SecretLife | undefined {
  if (from === to || (typeof from !== 'string' && typeof to !== 'string')) return undefined;
  const expires: Record<string, number> = {};
  if (typeof from === 'string') expires[from] = -1;
  if (typeof to === 'string') expires[to] = 1;
  return { id, expires };
}

/** A secret's row, and those of its versions. */
export interface LivingSecret {
  deleted: boolean;
  /** Milliseconds since 1970, to the microsecond; null if it does not expire. */
  expires: number | null;
  version: number;
  /** The versions that have a value. */
  kept: readonly number[];
}

/** How a secret's rows are not what the log tells of them; undefined if they are. */
export function lifeProblem({ deleted, expires, version, kept }: LivingSecret, life: SecretLife): string | undefined {
  const shouldBe = (life.deleted ?? 0) > 0;
  if (shouldBe && !deleted) return 'it was deleted, and is there again: an older copy was put back.';
  if (deleted && !shouldBe) return 'it is marked as deleted, and no event tells of that.';
  const [time] = Object.entries(life.expires ?? {}).find(([, times]) => times > 0) ?? [];
  if ((time === undefined ? null : Date.parse(time)) !== expires) {
    return `it is to expire ${time === undefined ? 'never' : `at ${time}`}, as it was left, and its row says otherwise.`;
  }
  const destroyed = new Set(life.destroyed);
  const back = kept.find((number) => number <= (life.destroyedUpTo ?? 0) || destroyed.has(number));
  if (back !== undefined) return `version ${back} was destroyed, and is there again.`;
  const ahead = kept.find((number) => number > version);
  return ahead === undefined ? undefined : `it has a version ${ahead}, and the current one is ${version}.`;
}

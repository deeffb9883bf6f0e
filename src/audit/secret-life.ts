// Derives the deletion, expiry and destroyed versions of each secret from audit events, and compares them with the secret's rows.
import type { GlobalIdText } from '../primitives/ids.ts';
import type { StoredEvent } from './audit-chain.ts';

/**
 * The deletion, expiry and destroyed versions of one secret, from a part of the audit log. The events of different gateways have no common order.
 * Therefore each field is a sum over events, which does not depend on the order of the events.
 */
export interface SecretLife {
  /** The secret's global id. */
  id: GlobalIdText;
  /**
   * The number of deletions of the secret, minus the number of restorations. Over the whole audit log, the difference is 1 for a deleted secret and 0
   * for a live secret.
   */
  deleted?: number;
  /**
   * For each expiry time: the number of events that set the time, minus the number of events that replaced the time. Over the whole audit log, the
   * difference is 1 for the current expiry time and 0 for all former expiry times.
   */
  expires?: Record<string, number>;
  /** The highest number of a secret version that was destroyed because newer versions existed. */
  destroyedUpTo?: number;
  /** The versions that were destroyed individually, each by its own event. */
  destroyed?: number[];
}

/** Collects the `SecretLife` of every secret from parts of the audit log. */
export interface SecretLives {
  /** Adds an audit event with the outcome DONE. The caller must verify the event's hash before this call. */
  event(event: StoredEvent): void;
  add(life: SecretLife): void;
  /** Returns the `SecretLife` of each secret, by the secret's global id. */
  all(): ReadonlyMap<GlobalIdText, SecretLife>;
}

export function secretLives(): SecretLives {
  const lives = new Map<GlobalIdText, SecretLife>();
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

/** Returns the changes that an audit event makes to the `SecretLife` of its secret. Returns undefined if the event makes no such change. */
function lifeIn({ action, subjectId, version, changes }: StoredEvent): SecretLife | undefined {
  const id = subjectId ?? '';
  const parsed = () => JSON.parse(changes ?? '{}') as Record<string, unknown>;
  switch (action) {
    case 'SECRET_CREATE':
      return moved(id, undefined, parsed().expiresAt);
    case 'SECRET_UPDATE': {
      const { from, to } = (parsed().expiresAt ?? {}) as { from?: unknown; to?: unknown };
      return moved(id, from, to);
    }
    case 'SECRET_ROTATE': {
      if (!changes?.includes('"destroyedUpTo"')) return undefined;
      return { id, destroyedUpTo: Number(parsed().destroyedUpTo) };
    }
    case 'SECRET_VERSION_DESTROY':
      return version === null ? undefined : { id, destroyed: [version] };
    case 'SECRET_DELETE':
      // A purge does not count as a deletion, because `value-check.ts` recognizes a purged secret by its empty value hash.
      return parsed().purged === true ? undefined : { id, deleted: 1 };
    case 'SECRET_RESTORE':
      return { id, deleted: -1 };
    default:
      return undefined;
  }
}

/**
 * Returns the change of a secret's expiry time. If `from` is not a string, the secret had no expiry time before the change. If `to` is not a string,
 * the secret has no expiry time after the change.
 */
function moved(id: GlobalIdText, from: unknown, to: unknown): SecretLife | undefined {
  if (from === to || (typeof from !== 'string' && typeof to !== 'string')) return undefined;
  const expires: Record<string, number> = {};
  if (typeof from === 'string') expires[from] = -1;
  if (typeof to === 'string') expires[to] = 1;
  return { id, expires };
}

/** The state of a secret, from the rows of the secret and its versions. */
export interface LivingSecret {
  deleted: boolean;
  /** The expiry time in milliseconds since 1970, with a fraction for microseconds. The field is null if the secret does not expire. */
  expires: number | null;
  /** The number of the secret's current version. */
  version: number;
  /** The numbers of the secret's versions whose value is not destroyed. */
  kept: readonly number[];
}

/** Describes the first difference between a secret's rows and the audit log. Returns undefined if there is no difference. */
export function lifeProblem({ deleted, expires, version, kept }: LivingSecret, life: SecretLife): string | undefined {
  const shouldBeDeleted = (life.deleted ?? 0) > 0;
  if (shouldBeDeleted && !deleted) return 'the secret was deleted but is live again: an older copy was restored.';
  if (deleted && !shouldBeDeleted) return 'the secret is marked as deleted, but no event deleted the secret.';
  const [time] = Object.entries(life.expires ?? {}).find(([, times]) => times > 0) ?? [];
  if ((time === undefined ? null : Date.parse(time)) !== expires) {
    return `by its audit events, the secret ${time === undefined ? 'never expires' : `expires at ${time}`}, but the row of the secret contains a different expiry time.`;
  }
  const destroyed = new Set(life.destroyed);
  const restored = kept.find((number) => number <= (life.destroyedUpTo ?? 0) || destroyed.has(number));
  if (restored !== undefined) return `version ${restored} was destroyed but has a value again.`;
  const ahead = kept.find((number) => number > version);
  return ahead === undefined ? undefined : `version ${ahead} exists, but the current version is ${version}.`;
}

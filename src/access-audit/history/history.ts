import type { Access } from '../../generated/vocabulary.ts';
import type { Uuid } from '../../primitives/ids.ts';

const DAY_MS = 86_400_000;
/** The maximum number of days that a query about past access or past use can cover. */
export const MOST_DAYS = 366;
export const MOST_DAYS_MS = MOST_DAYS * DAY_MS;

/** The accesses to one secret that one principal gained and lost at one point in time. All ids are UUIDs. */
export interface AccessDifference {
  at: Date;
  principalId: Uuid;
  secretId: Uuid;
  gained: Access[];
  lost: Access[];
}

/** A position in the list of access differences, which is sorted by time, then secret, then principal. */
export interface HistoryPosition {
  at: Date;
  secretId: Uuid;
  principalId: Uuid;
}

/** A query for access differences after `from`, up to and including `until`. `principalId` and `secretIds` are never both null. */
export interface HistoryQuestion {
  /** UUID of the principal. Null if the query covers all principals. */
  principalId: Uuid | null;
  /** UUIDs of all secrets that had the requested name between `from` and `until`. Null if the query covers all secrets. */
  secretIds: readonly Uuid[] | null;
  from: Date;
  until: Date;
}

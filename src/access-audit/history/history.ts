import type { Access } from '../../generated/vocabulary.ts';

/** What one principal could do with one secret from `at` on and not before, or before and no more. UUIDs. */
export interface AccessDifference {
  at: Date;
  principalId: string;
  secretId: string;
  gained: Access[];
  lost: Access[];
}

/** A pair at a moment: where a page of differences ends. By `at`, then the secret, then the principal. */
export interface HistoryPosition {
  at: Date;
  secretId: string;
  principalId: string;
}

/** About whom, about what, and when: after `from`, up to and with `until`. */
export interface HistoryQuestion {
  /** UUID; null for everybody. */
  principalId: string | null;
  /** UUIDs, of all that had one name meanwhile; null for every secret. One of both is given. */
  secretIds: readonly string[] | null;
  from: Date;
  until: Date;
}

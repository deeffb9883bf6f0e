import type { Uuid } from '../primitives/ids.ts';

/**
 * A state of the database: the epoch of the entitlements, and the revisions of secrets that are not deleted. A decision that was made from cached
 * data names the state of this data. The audit event of the decision is committed only if the state is still current.
 */
export interface AsOf {
  readonly epoch: number;
  readonly secrets: readonly { readonly id: Uuid; readonly revision: number }[];
}

/** The state of a decision is no longer current. No audit event was written, and the decision must be made again from data that is read now. */
export class Stale extends Error {
  constructor() {
    super('The decision was made from data that has changed.');
    this.name = 'Stale';
  }
}

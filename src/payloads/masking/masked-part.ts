import type { Json } from '../../primitives/json.ts';

/** A part of a payload with its own definition and its own names of hidden JSON fields. */
export interface MaskedPart {
  readonly payload: Json;
  /**
   * The part of the workflow definition or task definition from which the engine produced the payload. The definition has the same structure as the
   * payload and contains expressions.
   */
  readonly definition?: Json | undefined;
  /** Names of JSON fields whose values are hidden completely. */
  readonly keys: ReadonlySet<string>;
}

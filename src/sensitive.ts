import { inspect } from 'node:util';

/** The string that the gateway shows instead of a hidden value. The length of the mask does not depend on the value. */
export const MASK = '***';

/** A value in a response: either the mask, or a secret value whose reveal was permitted and recorded in the audit log. */
export type ShownValue = Sensitive | typeof MASK;

/** A string that must not leak. Printing, logging or serializing the `Sensitive` object shows `***`. */
export class Sensitive {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the sensitive string. The string can be read in no other way, so a reviewer must check every call of `expose`. */
  expose(): string {
    return this.#value;
  }

  /** Length of the sensitive string in UTF-16 code units. A caller can check a maximum length without reading the string. */
  get length(): number {
    return this.#value.length;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

import { inspect } from 'node:util';

/** The text that replaces a hidden value. Its length never depends on the value. */
export const MASK = '***';

/** A value in a response: either the mask, or a secret value whose reveal was permitted and recorded in the audit log. */
export type ShownValue = Sensitive | typeof MASK;

/** A text that must not leak. Printing, logging or serializing the object shows `***`. */
export class Sensitive {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the text. There is no other way to read it, so every call is a place to review. */
  expose(): string {
    return this.#value;
  }

  /** Length in UTF-16 code units. A caller can check a limit without reading the text. */
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

import { inspect } from 'node:util';

/** What stands in place of a value that is not shown. One width, whatever it hides. */
export const MASK = '***';

/** What may be answered in the place of a value: the mask, or a value that was decided on and recorded. */
export type ShownValue = Sensitive | typeof MASK;

/** A value that must not leak. Printing, logging or serializing it shows `***`. */
export class Sensitive {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The one way out. Every call site is a place to review. */
  expose(): string {
    return this.#value;
  }

  /** Length in UTF-16 code units, to check a bound without taking the value out. */
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

declare const brand: unique symbol;

/**
 * A checked text. Where a text with a brand is required, the compiler refuses a plain text and a text with another brand. At run time a brand is a
 * plain string.
 */
export type Brand<Name extends string> = string & { readonly [brand]: Name };

/** A plain text, or a text with the brand `Name`. The compiler refuses a text with another brand. */
export type PlainOr<Name extends string = never> = string & { readonly [brand]?: Name };

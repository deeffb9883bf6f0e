declare const brand: unique symbol;

/**
 * A string type with a brand. The brand shows that the string was checked. Where a branded string is required, the compiler rejects a plain string
 * and a string with a different brand. At run time, a branded string is a plain string.
 */
export type Brand<Name extends string> = string & { readonly [brand]: Name };

/** A plain string, or a string with the brand `Name`. The compiler rejects a string with a different brand. */
export type PlainOr<Name extends string = never> = string & { readonly [brand]?: Name };

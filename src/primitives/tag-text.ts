import type { Brand, PlainOr } from './brand.ts';

/**
 * A checked tag in the form `key:value`. The tag key contains no colon. The function `tagText` (tags/tag.ts) checks a tag and returns a `TagText`.
 */
export type TagText = Brand<'TagText'>;

/** Splits a string, such as a tag, at its first colon. */
export function splitTag(tag: PlainOr<'TagText'>): { key: string; value: string } {
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}

const SURROGATE = /[\uD800-\uDFFF]/;

/** Sorts tags in the order of their UTF-8 bytes, in place. PostgreSQL sorts by the same order with the collation "C". */
export function inByteOrder(tags: TagText[]): TagText[] {
  // Without surrogates, the order of UTF-16 code units equals the order of UTF-8 bytes.
  if (!tags.some((tag) => SURROGATE.test(tag))) return tags.sort();
  return tags.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

import { MOST_TAGS } from '../access/tag-owner.ts';
import { BadInput } from '../errors.ts';
import { label } from '../primitives/input.ts';
import { requireVisible } from '../primitives/new-name.ts';
import type { TagText } from '../primitives/tag-text.ts';

export const MAX_TAG_KEY_LENGTH = 100;
export const MAX_TAG_VALUE_LENGTH = 255;

/** A tag, and the number of secrets that have the tag. */
export interface TagView {
  tag: TagText;
  /** The number of secrets with this tag that the caller sees. Undefined if the number was not read from the database. */
  count?: number;
}

/** The tags that a client sends in one workflow definition or task definition. */
export interface Tagging {
  name: string;
  tags: readonly { key: string; value: string }[];
  /** If true, `tags` replace all tags of the definition. If false, the gateway adds `tags` to the tags of the definition. */
  overwrite: boolean;
  /**
   * Prefix of an argument's path in error messages. The prefix is empty for a single definition, and `3.` for the definition with index 3 in a list.
   */
  at: string;
}

/** Checks a tag and returns it as text. @throws BadInput that names `field.key` or `field.value` */
export function tagText(tag: { key: string; value: string }, field: string): TagText {
  const key = label(tag.key, `${field}.key`, MAX_TAG_KEY_LENGTH);
  if (key.includes(':')) throw new BadInput(`${field}.key`, 'no colon: a colon separates tag key and value');
  return `${key}:${label(tag.value, `${field}.value`, MAX_TAG_VALUE_LENGTH)}` as TagText;
}

/** Converts tags to strings `key:value`, in the same order and without duplicates. @throws BadInput that names `field` or the invalid tag */
export function tagTexts(tags: readonly { key: string; value: string }[], field: string, least = 0): TagText[] {
  if (tags.length < least || tags.length > MOST_TAGS) throw new BadInput(field, `${least} to ${MOST_TAGS} tags`);
  return [...new Set(tags.map((tag, i) => tagText(tag, `${field}.${i}`)))];
}

/**
 * Refuses invisible characters in new tags, because tags are compared byte by byte. Tags in `current` are not checked. @throws BadInput that names
 * the tag
 */
export function requireVisibleTags(
  tags: readonly { key: string; value: string }[],
  current: readonly TagText[],
  field: string,
): void {
  tags.forEach(({ key, value }, i) => {
    if (current.some((tag) => tag === `${key}:${value}`)) return;
    requireVisible(key, `${field}.${i}.key`);
    requireVisible(value, `${field}.${i}.value`);
  });
}

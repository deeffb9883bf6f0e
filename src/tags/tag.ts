import { MOST_TAGS } from '../access/tag-owner.ts';
import { BadInput } from '../errors.ts';
import { label } from '../primitives/input.ts';
import { requireVisible } from '../primitives/new-name.ts';

/** A tag in the one form in which it is stored: `key:value`, where the key has no colon. */
export type TagText = string;

/** A tag as it shows. */
export interface TagView {
  tag: TagText;
  /** How many secrets with it the caller sees, where it was counted along. */
  count?: number;
}

/** The tags within one definition. */
export interface Tagging {
  name: string;
  tags: readonly { key: string; value: string }[];
  /** True: `tags` replace all tags of the definition. False: `tags` are added to them. */
  overwrite: boolean;
  /** Prefix of the argument's path in errors: `` for a single definition, `3.` for one in a list. */
  at: string;
}

/** @throws BadInput naming `field.key` or `field.value` */
export function tagText(tag: { key: string; value: string }, field: string): TagText {
  const key = label(tag.key, `${field}.key`, 100);
  if (key.includes(':')) throw new BadInput(`${field}.key`, 'no colon, which ends the key');
  return `${key}:${label(tag.value, `${field}.value`)}`;
}

/** Each tag once, in the order given. @throws BadInput naming the one at fault */
export function tagTexts(tags: readonly { key: string; value: string }[], field: string, least = 0): TagText[] {
  if (tags.length < least || tags.length > MOST_TAGS) throw new BadInput(field, `${least} to ${MOST_TAGS} tags`);
  return [...new Set(tags.map((tag, i) => tagText(tag, `${field}.${i}`)))];
}

/** Refuses invisible characters in new tags, because tags are compared byte by byte. Tags in `current` are not checked. @throws BadInput naming the tag */
export function requireVisibleTags(
  asked: readonly { key: string; value: string }[],
  current: readonly TagText[],
  field: string,
): void {
  asked.forEach(({ key, value }, i) => {
    if (current.includes(`${key}:${value}`)) return;
    requireVisible(key, `${field}.${i}.key`);
    requireVisible(value, `${field}.${i}.value`);
  });
}

export function splitTag(tag: TagText): { key: string; value: string } {
  const colon = tag.indexOf(':');
  return { key: tag.slice(0, colon), value: tag.slice(colon + 1) };
}

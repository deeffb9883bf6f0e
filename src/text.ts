import { BadInput } from './errors.ts';

/** Control characters, and halves of surrogate pairs, of which text for people has none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above, but line breaks and tabs may stand in a longer text
const UNPRINTABLE_IN_PROSE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** One line for people: 1 to `most` characters, no control characters, no spaces around it. @throws BadInput naming `field` */
export function label(text: string, field: string, most = 255): string {
  if (text.length < 1 || text.length > most || text.trim() !== text || UNPRINTABLE.test(text)) {
    throw new BadInput(field, `1 to ${most} characters, without control characters or spaces around them`);
  }
  return text;
}

/** Some lines for people, or null. @throws BadInput naming `field` */
export function prose(text: string | null | undefined, field: string, most = 2_000): string | null {
  if (text === null || text === undefined) return null;
  if (text.length > most || UNPRINTABLE_IN_PROSE.test(text)) {
    throw new BadInput(field, `at most ${most} characters, without control characters`);
  }
  return text;
}

// Checks the characters of new names. The gateway does not check existing names, so that objects with existing names can always be found, changed and
// deleted.
import { BadInput } from '../errors.ts';
import { label } from './input.ts';

const DIRECTIONAL = /\p{Bidi_Control}/u;
/** Characters that are displayed as nothing or as a blank. The expression does not match visible format characters, such as Arabic number signs. */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800[\p{Cf}--[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]]/v;
/** Invisible characters that join letters of Persian and Indic scripts, or form emoji. */
const JOINING = /\u200c|\u200d|\ufe0e|\ufe0f/gu;
const UNASSIGNED = /[\p{Cn}\p{Co}]/u;
/** Characters that stretch a word, repeat a letter, or are parts of a syllable (RFC 8264, sections 9.6 and 9.9). */
const DISALLOWED = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;

/**
 * Checks a new name of any kind of object. The name must be one line without invisible characters.
 * @throws BadInput that names `field` and the kind of refused character
 */
export function newName(text: string, field: string, most?: number): string {
  const name = label(text, field, most);
  requireVisible(name, field);
  return name;
}

/**
 * Checks a person's display name. Allows joining characters, because some languages need them and because a display name does not identify a user.
 * @throws BadInput that names `field`
 */
export function newDisplayName(text: string, field: string): string {
  const name = label(text, field);
  requireVisible(name.replace(JOINING, ''), field);
  return name;
}

/** @throws BadInput that names `field` if `text` has invisible characters, or characters that change the direction of text */
export function requireVisible(text: string, field: string): void {
  if (DIRECTIONAL.test(text)) throw new BadInput(field, 'no characters that control the direction of text');
  if (INVISIBLE.test(text)) throw new BadInput(field, 'no invisible characters');
}

/**
 * Checks a name that is part of REST paths. A name of only dots is refused, because clients and proxies remove the segments `.` and `..` from a path,
 * even if they are written as `%2e%2e`.
 * @throws BadInput that names `field` if the name, or a compatible spelling of it, has only dots
 */
export function requirePathSegment(name: string, field: string): void {
  if (/^\.+$/.test(name.normalize('NFKC'))) throw new BadInput(field, 'at least one character that is not a dot');
}

/**
 * Checks a new group's name and returns it in NFC. Allows the characters of the FreeformClass of RFC 8264. Does not check the rules of RFC 8264 about
 * the context of a character.
 * @throws BadInput that names `field` and the kind of refused character
 */
export function newGroupName(text: string, field: string): string {
  // NFC makes a few characters longer, so `label` checks the length again after normalization.
  const name = label(newName(text, field).normalize('NFC'), field);
  requirePathSegment(name, field);
  if (UNASSIGNED.test(name)) throw new BadInput(field, 'no private or unassigned characters');
  if (DISALLOWED.test(name))
    throw new BadInput(
      field,
      'no characters that stretch or repeat other characters, and no parts of Hangul syllables',
    );
  return name;
}

/**
 * Checks a new username and returns it in NFC. Allows names that consist of userparts of the profile UsernameCaseMapped (RFC 8265, section 3.3) with
 * single spaces between them. Always refuses ZERO WIDTH JOINER and ZERO WIDTH NON-JOINER, because these characters are invisible.
 * @throws BadInput that names `field` and the kind of refused character
 */
export function newUsername(text: string, field: string): string {
  const username = newGroupName(text, field);
  const plain = plainWidth(username).toLowerCase();
  for (const part of plain.split(' ')) {
    if (!IDENTIFIER.test(part) || hasCompatible(part))
      throw new BadInput(field, 'letters, digits and ASCII marks, with single spaces between them');
    if (!hasItsContext(part))
      throw new BadInput(field, 'marks of a script only next to letters of this script, and digits of only one script');
    if (!keepsDirection(part))
      throw new BadInput(field, 'right-to-left letters only at the beginning and not mixed with other letters');
  }
  if (plain.startsWith(APPLICATION_PREFIX))
    throw new BadInput(
      field,
      `a name that does not begin with ${APPLICATION_PREFIX}, which is reserved for applications`,
    );
  return username;
}

/**
 * The prefix of an application in REST. Where a REST request usually contains a username, this prefix followed by an id identifies an application.
 */
export const APPLICATION_PREFIX = 'app:';

/**
 * Replaces full-width and half-width characters by their plain form (RFC 8265, section 3.3.1). Does not replace U+FFE3, because its plain form
 * contains a space.
 */
function plainWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffe2\uffe4-\uffee]/gu, (character) => character.normalize('NFKC'));
}

/** Matches letters, digits, marks and visible ASCII characters (RFC 8264, section 4.2, with the exceptions of section 9.6). */
const IDENTIFIER =
  /^[!-~\p{Lu}\p{Ll}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}\u06fd\u06fe\u0f0b\u3007\u00b7\u0375\u05f3\u05f4\u30fb]+$/u;

/** Whether a part of a name has compatibility characters, such as ligatures and circled letters (RFC 8264, section 9.17). */
function hasCompatible(part: string): boolean {
  return [...part].some((character) => character.normalize('NFKC') !== character);
}

/**
 * Whether each character of a part of a name has an allowed context. Some characters are allowed only next to certain other characters (RFC 5892,
 * appendix A.3 to A.9).
 */
function hasItsContext(part: string): boolean {
  if (/(?<!l)\u00b7|\u00b7(?!l)/iu.test(part)) return false;
  if (/\u0375(?!\p{Script=Greek})|(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u.test(part)) return false;
  if (
    part.includes('\u30fb') &&
    !/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(part.replaceAll('\u30fb', ''))
  )
    return false;
  return !(/[\u0660-\u0669]/u.test(part) && /[\u06f0-\u06f9]/u.test(part));
}

/** Unicode blocks with right-to-left letters. These blocks contain no left-to-right character that is allowed in a username. */
const RIGHT = '[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]';
const ARABIC_DIGIT = '[\\u0660-\\u0669\\u{10d30}-\\u{10d39}]';
const OTHER_DIGIT = '[0-9\\u06f0-\\u06f9]';
const [HAS_ARABIC_DIGIT, HAS_OTHER_DIGIT] = [new RegExp(ARABIC_DIGIT, 'v'), new RegExp(OTHER_DIGIT, 'v')];
const HAS_RIGHT = new RegExp(`[${RIGHT}--[\\p{Mn}${OTHER_DIGIT}]]`, 'v');
const RIGHT_TO_LEFT = new RegExp(
  `^[${RIGHT}--[\\p{Mn}${OTHER_DIGIT}${ARABIC_DIGIT}]]([${RIGHT}\\p{Mn}!-@\\[-\`\\{-~]*[[${RIGHT}0-9]--\\p{Mn}])?\\p{Mn}*$`,
  'v',
);

/**
 * Whether a part of a name meets the Bidi Rule of RFC 5893, section 2. The rule ensures that the characters are displayed in the order in which they
 * are written.
 */
function keepsDirection(part: string): boolean {
  if (!HAS_RIGHT.test(part)) return true;
  return RIGHT_TO_LEFT.test(part) && !(HAS_ARABIC_DIGIT.test(part) && HAS_OTHER_DIGIT.test(part));
}

// What a new name may be made of. Names that exist are not checked again: they are found, changed and revoked as they are.
import { BadInput } from './errors.ts';
import { label } from './input.ts';

const DIRECTIONAL = /\p{Bidi_Control}/u;
/** Shows as nothing, or as a blank. Format characters that show (Arabic number signs and the like) are none of them. */
const INVISIBLE =
  /[\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800[\p{Cf}--[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}]]]/v;
/** Joins letters of Persian and Indic scripts, and the parts of an emoji. */
const JOINING = /\u200c|\u200d|\ufe0e|\ufe0f/gu;
const UNASSIGNED = /[\p{Cn}\p{Co}]/u;
/** RFC 8264, sections 9.6 and 9.9: they stretch a word, repeat a letter, or compose to a syllable. */
const DISALLOWED = /[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;

/** One line that names something. @throws BadInput naming `field` and the kind of character that is refused */
export function newName(text: string, field: string, most?: number): string {
  const name = label(text, field, most);
  requireVisible(name, field);
  return name;
}

/** How a person is called: it identifies nobody, and is written as the person's language has it. @throws BadInput naming `field` */
export function newDisplayName(text: string, field: string): string {
  const name = label(text, field);
  requireVisible(name.replace(JOINING, ''), field);
  return name;
}

/** Whether every character shows, and none changes the order in which others show. */
export function isVisible(text: string): boolean {
  return !DIRECTIONAL.test(text) && !INVISIBLE.test(text);
}

/** @throws BadInput naming `field` if there are characters that do not show, or that change the order in which others show */
export function requireVisible(text: string, field: string): void {
  if (DIRECTIONAL.test(text)) throw new BadInput(field, 'no characters that control the direction of text');
  if (INVISIBLE.test(text)) throw new BadInput(field, 'no invisible characters');
}

/**
 * The name of a new group, in NFC: the FreeformClass of RFC 8264, also where a character that shows is out of its context.
 * @throws BadInput naming `field` and the kind of character that is refused
 */
export function newGroupName(text: string, field: string): string {
  // The composed form of a few characters is longer.
  const name = label(newName(text, field).normalize('NFC'), field);
  if (UNASSIGNED.test(name)) throw new BadInput(field, 'no private or unassigned characters');
  if (DISALLOWED.test(name))
    throw new BadInput(field, 'no stretching or repeating marks, and no parts of Hangul syllables');
  return name;
}

/**
 * The username of a new user, in NFC: userparts of the profile UsernameCaseMapped (RFC 8265, section 3.3) with single spaces between
 * them. ZERO WIDTH JOINER and NON-JOINER are refused everywhere, since they do not show.
 * @throws BadInput naming `field` and the kind of character that is refused
 */
export function newUsername(text: string, field: string): string {
  const username = newGroupName(text, field);
  const plain = plainWidth(username).toLowerCase();
  for (const part of plain.split(' ')) {
    if (!IDENTIFIER.test(part) || hasCompatible(part))
      throw new BadInput(field, 'letters, digits and ASCII marks, with single spaces between them');
    if (!hasItsContext(part))
      throw new BadInput(field, 'no marks of a script without its letters, and digits of one script');
    if (!keepsDirection(part))
      throw new BadInput(field, 'right-to-left letters at the beginning and not mixed with others, or none');
  }
  if (plain.startsWith(APPLICATION))
    throw new BadInput(field, `not to begin with ${APPLICATION}, which names applications`);
  return username;
}

/** How the ids begin by which REST names applications where it names users. */
const APPLICATION = 'app:';

/** RFC 8265, section 3.3.1: full-width and half-width characters in their plain form. U+FFE3 has a space in its. */
function plainWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffe2\uffe4-\uffee]/gu, (character) => character.normalize('NFKC'));
}

/** RFC 8264, section 4.2 with the exceptions of 9.6: letters, digits and marks, and what ASCII has. */
const IDENTIFIER =
  /^[!-~\p{Lu}\p{Ll}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}\u06fd\u06fe\u0f0b\u3007\u00b7\u0375\u05f3\u05f4\u30fb]+$/u;

/** RFC 8264, section 9.17: ligatures, circled letters and the like. */
function hasCompatible(part: string): boolean {
  return [...part].some((character) => character.normalize('NFKC') !== character);
}

/** RFC 5892, appendix A.3 to A.9: characters that only make sense beside others. */
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

/** Blocks whose letters are written from right to left. Of what a username may have, nothing in them is written from left to right. */
const RIGHT = '[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}]';
const ARABIC_DIGIT = '[\\u0660-\\u0669\\u{10d30}-\\u{10d39}]';
const OTHER_DIGIT = '[0-9\\u06f0-\\u06f9]';
const [HAS_ARABIC_DIGIT, HAS_OTHER_DIGIT] = [new RegExp(ARABIC_DIGIT, 'v'), new RegExp(OTHER_DIGIT, 'v')];
const HAS_RIGHT = new RegExp(`[${RIGHT}--[\\p{Mn}${OTHER_DIGIT}]]`, 'v');
const RIGHT_TO_LEFT = new RegExp(
  `^[${RIGHT}--[\\p{Mn}${OTHER_DIGIT}${ARABIC_DIGIT}]]([${RIGHT}\\p{Mn}!-@\\[-\`\\{-~]*[[${RIGHT}0-9]--\\p{Mn}])?\\p{Mn}*$`,
  'v',
);

/** The Bidi Rule of RFC 5893, section 2: a username shows in the order in which it is written. */
function keepsDirection(part: string): boolean {
  if (!HAS_RIGHT.test(part)) return true;
  return RIGHT_TO_LEFT.test(part) && !(HAS_ARABIC_DIGIT.test(part) && HAS_OTHER_DIGIT.test(part));
}

// Decodes single escape sequences of JSON, URLs, HTML, shells, logs and mails.

/** The kinds of escape sequences. Each kind is one bit in a bit set. */
export const BACKSLASH = 1;
const OTHER = 2;
/** The second and later bytes of a UTF-8 character that was read as Latin-1. */
export const LATIN1 = 4;
export const EVERY_ESCAPE: number = BACKSLASH | OTHER | LATIN1;

/** For each UTF-16 unit, the kind of escape sequences that can begin with the unit. */
export const KIND: Uint8Array = new Uint8Array(65_536).fill(LATIN1, 0x80, 0xc0);
for (const sign of '%&<=#\x1b') KIND[sign.charCodeAt(0)] = OTHER;
KIND[0x5c] = BACKSLASH;

/** The maximum number of UTF-16 units of an escape sequence. INVARIANT: this maximum is less than 64, because `escaped` stores the length in 6 bits. */
export const LONGEST_ESCAPE = 32;

/** Packs a decoded code point and the length of its escape sequence into one number, because objects would cause millions of allocations. */
const escaped = (point: number, length: number) => (point > 0x10ffff ? -1 : point * 64 + length);
export const pointOf = (found: number): number => Math.floor(found / 64);
export const lengthOf = (found: number): number => found % 64;

/** For each ASCII character after a backslash, the decoded unit, or 0 if the two characters are no escape sequence. */
const MEANT = new Uint8Array(65_536);
for (const [i, letter] of [...'btnvfra"\'/\\e'].entries())
  MEANT[letter.charCodeAt(0)] = '\b\t\n\v\f\r\x07"\'/\\\x1b'.charCodeAt(i);

/**
 * Decodes the escape sequence at the index `at`. Returns -1 if no escape sequence begins at `at`. A byte is decoded to a Latin-1 character.
 * INVARIANT: the text ends with `LONGEST_ESCAPE` zero units, and no escape sequence contains a zero unit.
 */
export function escapeAt(units: Uint16Array, at: number): number {
  const [unit, next] = [units[at] as number, units[at + 1] as number];
  const isBackslash = unit === 0x5c;
  if (isBackslash && (MEANT[next] as number) > 0) return escaped(MEANT[next] as number, 2);
  if (isBackslash || unit === 0x25) {
    // Old browsers and servers write `%u20AC`.
    if (next === 0x75 && units[at + 2] !== 0x7b) return hexadecimal(units, at, 2, 4);
    if (!isBackslash) return hexadecimal(units, at, 1, 2);
    if (next === 0x78) return hexadecimal(units, at, 2, 2);
  }
  return rareEscapeAt(String.fromCharCode(...units.subarray(at, at + LONGEST_ESCAPE)));
}

/** Decodes `digits` hexadecimal digits after `before` units. */
function hexadecimal(units: Uint16Array, at: number, before: number, digits: number): number {
  let point = 0;
  for (let i = at + before; i < at + before + digits; i++) {
    const digit = digitOf(units[i] as number);
    if (digit > 15) return -1;
    point = point * 16 + digit;
  }
  return escaped(point, before + digits);
}

/**
 * Escape sequences and the radix of their digits. Radix 0 marks tags without attributes, colours of terminals and the start of an encoded word in a
 * mail, such as `=?utf-8?q?`. These sequences are decoded to a sign. A tag with attributes stays, because an attribute can contain a secret value.
 * Quoted-printable mails encode only certain bytes.
 */
const RARE: readonly (readonly [pattern: RegExp, radix: number])[] = [
  [/^=([89A-F][\dA-F]|3D|[01][\dA-F])/, 16],
  [/^=\?[\w-]{1,20}\?[BbQq]\?/, 0],
  [/^&#(\d{1,7});/, 10],
  [/^(?:&#[xX]|\\u\{)([\da-fA-F]{1,6})[;}]/, 16],
  [/^(?:<\/?[A-Za-z]\w{0,9} ?\/?>|[^\w\\]\[[ -?]*[@-~])/, 0],
  [/^(?:\\|#(?=0))([0-3][0-7]{2})/, 8],
  [/^\\U([\da-fA-F]{8})/, 16],
];
/** A sequence without a letter or digit is decoded to this unit, if the exact sign does not matter. */
const SIGN = 1;

function rareEscapeAt(text: string): number {
  for (const [pattern, radix] of RARE) {
    const match = pattern.exec(text);
    if (match !== null)
      return escaped(radix === 0 ? SIGN : Number.parseInt(match[1] as string, radix), match[0].length);
  }
  const [reference, name = '', letter = '', accent = ''] = /^&(([A-Za-z])([A-Za-z]{1,7}));/.exec(text) ?? [];
  const accented = ACCENTS.has(accent) ? (letter + ACCENTS.get(accent)).normalize('NFC') : undefined;
  const named = NAMED.get(name) ?? accented;
  return named === undefined || reference === undefined ? -1 : escaped(named.charCodeAt(0), reference.length);
}

const NAMES = 'amp lt gt quot apos nbsp euro sol bsol szlig aelig AElig oslash Oslash eth ETH thorn THORN'.split(' ');
/** The names of frequent signs and of letters in HTML. */
const NAMED = new Map(NAMES.map((name, i) => [name, '&<>"\'\u00a0€/\\ßæÆøØðÐþÞ'[i] as string]));
/** The accents in the names of letters, such as `&auml;`. */
const ACCENTS = new Map(
  'grave acute circ tilde uml ring cedil caron'
    .split(' ')
    .map((accent, i) => [accent, '\u0300\u0301\u0302\u0303\u0308\u030a\u0327\u030c'[i] as string]),
);

/** Returns the number of bytes after the first byte of a UTF-8 character. */
export const bytesAfter = (first: number): number => (first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1);

/** For each UTF-16 unit, the value of a hexadecimal digit, or 255. */
const DIGIT = new Uint8Array(65_536).fill(255);
for (const [i, digit] of [...'0123456789abcdef0123456789ABCDEF'].entries()) DIGIT[digit.charCodeAt(0)] = i % 16;
export const digitOf = (unit: number): number => DIGIT[unit] as number;

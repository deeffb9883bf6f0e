// Decodes single escape sequences of JSON, URLs, HTML, shells, logs and mails.
import { Buffer } from 'node:buffer';

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
export const escaped = (point: number, length: number): number => (point > 0x10ffff ? -1 : point * 64 + length);
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
  const next = units[at + 1] as number;
  const isCoded = next === 0x75;
  switch (units[at]) {
    case 0x5c:
      if ((MEANT[next] as number) > 0) return escaped(MEANT[next] as number, 2);
      if (isCoded && units[at + 2] === 0x7b) return numeric(units, at, 3, 6, 16, true);
      if (isCoded || next === 0x55) return numeric(units, at, 2, isCoded ? 4 : 8, 16);
      return next === 0x78 ? numeric(units, at, 2, 2, 16) : next < 0x34 ? numeric(units, at, 1, 3, 8) : -1;
    case 0x25:
      // Old browsers and servers write `%u20AC`.
      return isCoded ? numeric(units, at, 2, 4, 16) : numeric(units, at, 1, 2, 16);
    case 0x26:
      if (next !== 0x23) break;
      return ((units[at + 2] as number) | 0x20) === 0x78
        ? numeric(units, at, 3, 6, 16, true)
        : numeric(units, at, 2, 7, 10, true);
    case 0x23:
      if (next === 0x30) return numeric(units, at, 1, 3, 8);
  }
  return next === 0x5b ? colourAt(units, at) : wordAt(units, at);
}

/** Decodes `most` digits after `before` units. If the escape sequence has a closing sign, the escape sequence can also have fewer digits. */
function numeric(
  units: Uint16Array,
  at: number,
  before: number,
  most: number,
  radix: number,
  isClosed = false,
): number {
  let point = 0;
  let i = at + before;
  for (const end = i + most; i < end; i++) {
    const digit = digitOf(units[i] as number);
    if (digit < radix) point = point * radix + digit;
    else if (isClosed && i > at + before) break;
    else return -1;
  }
  if (!isClosed) return escaped(point, before + most);
  return units[i] === 0x3b || units[i] === 0x7d ? escaped(point, i + 1 - at) : -1;
}

/** A sequence without a letter or digit is decoded to this unit, if the exact sign does not matter. */
const SIGN = 1;

/** Decodes a colour of a terminal to a sign. */
function colourAt(units: Uint16Array, at: number): number {
  let i = at + 2;
  while (i < at + LONGEST_ESCAPE && (units[i] as number) >= 0x20 && (units[i] as number) < 0x40) i++;
  const isEnd = i < at + LONGEST_ESCAPE && (units[i] as number) >= 0x40 && (units[i] as number) < 0x7f;
  return isEnd ? escaped(SIGN, i + 1 - at) : -1;
}

/**
 * Decodes escape sequences that contain a word: references of HTML, such as `&auml;`, tags, and escape sequences of mails. A tag with attributes stays,
 * because an attribute can contain a secret value. Quoted-printable mails encode only certain bytes.
 */
function wordAt(units: Uint16Array, at: number): number {
  const next = units[at + 1] as number;
  let i = at + 1;
  if (units[at] === 0x26) {
    let name = 0;
    for (; i < at + 9 && isLetter(units[i] as number); i++) name = 64 * name + ((units[i] as number) - 0x40);
    const point = units[i] === 0x3b ? NAMED.get(name) : undefined;
    return point === undefined ? -1 : escaped(point, i + 1 - at);
  }
  if (units[at] === 0x3c) {
    const start = next === 0x2f ? at + 2 : at + 1;
    if (!isLetter(units[start] as number)) return -1;
    for (i = start; i < start + 10 && isInWord(units[i] as number); ) i++;
    if (units[i] === 0x20) i++;
    if (units[i] === 0x2f) i++;
    return units[i] === 0x3e ? escaped(SIGN, i + 1 - at) : -1;
  }
  if (units[at] !== 0x3d) return -1;
  if (next !== 0x3f) {
    const byte = next < 0x61 && (units[at + 2] as number) < 0x61 ? numeric(units, at, 1, 2, 16) : -1;
    const point = pointOf(byte);
    return point < 0x20 || point === 0x3d || point >= 0x80 ? byte : -1;
  }
  // An encoded word starts as in `=?utf-8?q?`.
  for (i = at + 2; i < at + 22 && (isInWord(units[i] as number) || units[i] === 0x2d); ) i++;
  const coding = (units[i + 1] as number) | 0x20;
  const isStart = i > at + 2 && units[i] === 0x3f && (coding === 0x62 || coding === 0x71) && units[i + 2] === 0x3f;
  return isStart ? escaped(SIGN, i + 3 - at) : -1;
}

const isLetter = (unit: number) => (unit | 0x20) >= 0x61 && (unit | 0x20) < 0x7b;
const isInWord = (unit: number) => isLetter(unit) || digitOf(unit) < 10 || unit === 0x5f;

/** The characters of the names in HTML. The letters of a name are packed into one number, six bits for each letter. */
const NAMED = new Map<number, number>();
const nameCharacter = (name: string, character: string | undefined) =>
  NAMED.set(
    Buffer.from(name).reduce((all, letter) => 64 * all + letter - 0x40, 0),
    character?.charCodeAt(0) ?? 0,
  );
for (const letter of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ')
  for (const [i, accent] of 'grave acute circ tilde uml ring cedil caron'.split(' ').entries())
    nameCharacter(letter + accent, (letter + '\u0300\u0301\u0302\u0303\u0308\u030a\u0327\u030c'[i]).normalize('NFC'));
const NAMES = 'amp lt gt quot apos nbsp euro sol bsol szlig aelig AElig oslash Oslash eth ETH thorn THORN'.split(' ');
for (const [i, name] of NAMES.entries()) nameCharacter(name, '&<>"\'\u00a0€/\\ßæÆøØðÐþÞ'[i]);

export const isFirstOfUtf8 = (byte: number): boolean => byte >= 0xc2 && byte < 0xf5;
export const isLaterOfUtf8 = (byte: number): boolean => byte >= 0x80 && byte < 0xc0;

/** Returns the number of bytes after the first byte of a UTF-8 character. */
export const bytesAfter = (first: number): number => (first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1);

/** For each UTF-16 unit, the value of a hexadecimal digit, or 255. */
const DIGIT = new Uint8Array(65_536).fill(255);
for (const [i, digit] of [...'0123456789abcdef0123456789ABCDEF'].entries()) DIGIT[digit.charCodeAt(0)] = i % 16;
export const digitOf = (unit: number): number => DIGIT[unit] as number;

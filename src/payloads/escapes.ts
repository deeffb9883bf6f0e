// Escapes as JSON, URLs and HTML have them: where one stands, what it stands for.

/** Kinds, as bits. */
const PERCENT = 1;
export const BACKSLASH = 2;
const ENTITY = 4;
/** Line breaks, which are left out and stand for nothing: with the blanks after them, and with `+` for blanks as well, as forms have it. */
export const BREAKS = 8;
export const FORM_BREAKS = 16;
/** No kind of its own: it only tells whether there is one. */
export const PLUS = 32;
export const ESCAPES: readonly number[] = [PERCENT, BACKSLASH, ENTITY];

/** What a unit may begin. */
export const KIND: Uint8Array = new Uint8Array(65_536);
for (const [signs, kind] of [
  ['%', PERCENT],
  ['\\', BACKSLASH],
  ['&', ENTITY],
  ['\n\r', BREAKS | FORM_BREAKS],
  ['+', PLUS],
] as const) {
  for (const sign of signs) KIND[sign.charCodeAt(0)] = kind;
}

/** An escape as a number, since millions are made: the code point that it stands for, and how many units it has. */
const escaped = (point: number, length: number) => point * 16 + length;
export const pointOf = (found: number) => found >> 4;
export const lengthOf = (found: number) => found & 15;
const NONE = -1;

/** Units at most. INVARIANT: less than 16, which is what there is room for. */
export const LONGEST_ESCAPE = 15;

/** The escape of one kind that stands at `at`, to be read by `pointOf` and `lengthOf`; -1 if there is none. It is read from left to right,
 * and not past what can be none of it. */
export function escapeAt(units: Uint16Array, at: number, kind: number): number {
  if (kind === PERCENT) return encodedAt(units, at);
  if (kind === BACKSLASH) return escapedAt(units, at);
  return entityAt(units, at);
}

/** What stands after a backslash, and what the two stand for; by the unit. 0 for nothing. */
const ESCAPED = new Uint8Array(128);
const MEANT = { '"': '"', "'": "'", '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
for (const [letter, unit] of Object.entries(MEANT)) ESCAPED[letter.charCodeAt(0)] = unit.charCodeAt(0);

/** As in JSON. */
function escapedAt(units: Uint16Array, at: number): number {
  const next = units[at + 1] as number;
  const plain = ESCAPED[next];
  if (plain !== undefined && plain > 0) return escaped(plain, 2);
  if (next !== 0x75) return NONE;
  const [high, low] = [hexByte(units, at + 2), hexByte(units, at + 4)];
  return high < 0 || low < 0 ? NONE : escaped(high * 256 + low, 6);
}

/** As in URLs: whatever is encoded, in either case of hexadecimal. A byte that is none of UTF-8 is a character of Latin-1. */
function encodedAt(units: Uint16Array, at: number): number {
  const first = hexByte(units, at + 1);
  if (first < 0x80) return first < 0 ? NONE : escaped(first, 3);
  if (first >= 0xc2 && first < 0xf5) {
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    let i = 1;
    for (; i <= more; i++) {
      const byte = units[at + 3 * i] === 0x25 ? hexByte(units, at + 3 * i + 1) : NONE;
      if ((byte & 0xc0) !== 0x80 || byte < 0) break;
      point = point * 64 + (byte & 0x3f);
    }
    if (i > more && isWritten(point, more)) return escaped(point, 3 + 3 * more);
  }
  return escaped(first, 3);
}

/** Whether UTF-8 has the character in so many bytes after the first, and at all. */
function isWritten(point: number, more: number): boolean {
  const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
  return point >= least && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

const ENTITIES = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&apos;': "'" };
const NAMED = Object.entries(ENTITIES).map(([name, unit]) => ({
  name,
  meaning: escaped(unit.charCodeAt(0), name.length),
}));
/** Digits, so that an escape has at most 15 units. */
const MOST_DIGITS = 10;

/** As in HTML and XML: the five that all of them have, and numbers. */
function entityAt(units: Uint16Array, at: number): number {
  if (units[at + 1] !== 0x23) {
    for (const { name, meaning } of NAMED) if (standsAt(name, units, at)) return meaning;
    return NONE;
  }
  const isHex = ((units[at + 2] as number) | 32) === 0x78;
  const start = at + (isHex ? 3 : 2);
  let end = start;
  let point = 0;
  for (; end < start + MOST_DIGITS; end++) {
    const digit = digitOf(units[end] as number);
    if (digit < 0 || (digit > 9 && !isHex)) break;
    point = point * (isHex ? 16 : 10) + digit;
  }
  if (end === start || units[end] !== 0x3b || point > 0x10ffff) return NONE;
  return escaped(point, end + 1 - at);
}

function standsAt(name: string, units: Uint16Array, at: number): boolean {
  for (let i = 0; i < name.length; i++) if (units[at + i] !== name.charCodeAt(i)) return false;
  return true;
}

/** The byte that two hexadecimal digits at `at` are; -1 if they are none. */
function hexByte(units: Uint16Array, at: number): number {
  const [high, low] = [digitOf(units[at] as number), digitOf(units[at + 1] as number)];
  return high < 0 || low < 0 ? NONE : high * 16 + low;
}

/** Of a hexadecimal digit; -1 for what is none. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : NONE;
}

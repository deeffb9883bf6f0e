// Decodes single escape sequences of JSON, URLs and HTML.

/** The kinds of escape sequences. Each kind is one bit in a bit set. */
const PERCENT = 1;
export const BACKSLASH = 2;
const ENTITY = 4;
/** A line break and the blanks after the line break. Decoding removes both. */
export const BREAKS = 8;
/** A line break and the blanks after the line break, in URL-encoded form data. In such data, `+` is also a blank. */
export const FORM_BREAKS = 16;
/** The bit of a text that contains `+`. The decoder decodes no escape sequence because of this bit. */
export const PLUS = 32;
export const ESCAPES: readonly number[] = [PERCENT, BACKSLASH, ENTITY];

/** For each UTF-16 unit, the kinds of escape sequences that can begin with the unit. */
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

/**
 * Packs a decoded code point and the length of its escape sequence into one number. The result is a number instead of an object, because objects
 * would cause millions of small allocations.
 */
const escaped = (point: number, length: number) => point * 32 + length;
export const pointOf = (found: number) => found >> 5;
export const lengthOf = (found: number) => found & 31;
const NONE = -1;

/** The maximum number of UTF-16 units of an escape sequence. INVARIANT: this maximum is less than 32, because `escaped` stores the length in 5 bits. */
export const LONGEST_ESCAPE = 16;

/**
 * Decodes the escape sequence of one kind at the index `at`. Returns -1 if no such escape sequence begins at `at`. Otherwise, `pointOf` and
 * `lengthOf` read the two parts of the result. The function stops reading at the first unit that cannot belong to the sequence.
 */
export function escapeAt(units: Uint16Array, at: number, kind: number): number {
  if (kind === PERCENT) return encodedAt(units, at);
  if (kind === BACKSLASH) return escapedAt(units, at);
  return entityAt(units, at);
}

/** For each UTF-16 unit after a backslash, the decoded unit. The value is 0 if the backslash and the unit are not an escape sequence. */
const ESCAPED = new Uint8Array(128);
const MEANT = { '"': '"', "'": "'", '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
for (const [letter, unit] of Object.entries(MEANT)) ESCAPED[letter.charCodeAt(0)] = unit.charCodeAt(0);

const [U, X] = [0x75, 0x78];

/** Decodes JSON escapes. The function also decodes `\x41`, which servers and programming languages write into logs. */
function escapedAt(units: Uint16Array, at: number): number {
  const next = units[at + 1] as number;
  const plain = ESCAPED[next];
  if (plain !== undefined && plain > 0) return escaped(plain, 2);
  if (next === U) return unitAt(units, at);
  return next === X ? encodedInBytes(units, at, 2) : NONE;
}

/** Decodes percent-encoding in upper or lower case. The function also decodes `%u20AC`, which old browsers and servers write. */
function encodedAt(units: Uint16Array, at: number): number {
  return units[at + 1] === U ? unitAt(units, at) : encodedInBytes(units, at, 1);
}

/** Decodes an escape sequence of a marker character (`\` or `%`), `u` and four hexadecimal digits. */
function unitAt(units: Uint16Array, at: number): number {
  const [high, low] = [hexByte(units, at + 2), hexByte(units, at + 4)];
  return high < 0 || low < 0 ? NONE : escaped(high * 256 + low, 6);
}

/**
 * Decodes escaped UTF-8 bytes. Before the two hexadecimal digits of each byte, there are `before` marker units. A byte that is not valid UTF-8 is
 * decoded as a Latin-1 character.
 */
function encodedInBytes(units: Uint16Array, at: number, before: 1 | 2): number {
  const first = hexByte(units, at + before);
  const width = before + 2;
  if (first < 0x80) return first < 0 ? NONE : escaped(first, width);
  if (first >= 0xc2 && first < 0xf5) {
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    let point = first & (0x3f >> more);
    let i = 1;
    for (; i <= more; i++) {
      const next = at + width * i;
      const isOne = units[next] === units[at] && (before === 1 || units[next + 1] === X);
      const byte = isOne ? hexByte(units, next + before) : NONE;
      if ((byte & 0xc0) !== 0x80 || byte < 0) break;
      point = point * 64 + (byte & 0x3f);
    }
    if (i > more && isWritten(point, more)) return escaped(point, width + width * more);
  }
  return escaped(first, width);
}

/**
 * Returns whether the UTF-8 encoding of the code point consists of the first byte and exactly `more` further bytes. Overlong encodings and surrogates
 * are invalid.
 */
function isWritten(point: number, more: number): boolean {
  const least = more === 1 ? 0x80 : more === 2 ? 0x800 : 0x10000;
  return point >= least && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}

/** The named HTML entities: the basic entities, the HTML 4 names of Latin-1 characters in code order, and other frequent entities. */
const NAMED = new Map(Object.entries({ amp: 0x26, lt: 0x3c, gt: 0x3e, quot: 0x22, apos: 0x27 }));
const OF_LATIN1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ' +
  'ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc ' +
  'Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml ' +
  'aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave ' +
  'uacute ucirc uuml yacute thorn yuml';
for (const [i, name] of OF_LATIN1.split(' ').entries()) NAMED.set(name, 0xa0 + i);
const OFTEN = {
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  bull: '•',
  hellip: '…',
  euro: '€',
};
for (const [name, sign] of Object.entries(OFTEN)) NAMED.set(name, sign.charCodeAt(0));
const LONGEST_NAME = 8;
/** The maximum number of digits of a numeric entity. With this limit, no entity is longer than `LONGEST_ESCAPE` units. */
const MOST_DIGITS = 10;

/** Decodes a named or numeric entity of HTML or XML. */
function entityAt(units: Uint16Array, at: number): number {
  if (units[at + 1] !== 0x23) return namedAt(units, at);
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

function namedAt(units: Uint16Array, at: number): number {
  let end = at + 1;
  while (end <= at + LONGEST_NAME && isOfName(units[end] as number)) end++;
  if (units[end] !== 0x3b) return NONE;
  const point = NAMED.get(String.fromCharCode(...units.subarray(at + 1, end)));
  return point === undefined ? NONE : escaped(point, end + 1 - at);
}

const isOfName = (unit: number) => (unit >= 48 && unit <= 57) || ((unit | 32) >= 97 && (unit | 32) <= 122);

/** Returns the byte that two hexadecimal digits at `at` encode. Returns -1 if the two units at `at` are not hexadecimal digits. */
function hexByte(units: Uint16Array, at: number): number {
  const [high, low] = [digitOf(units[at] as number), digitOf(units[at + 1] as number)];
  return high < 0 || low < 0 ? NONE : high * 16 + low;
}

/** Returns the value of a hexadecimal digit. Returns -1 for any other character. */
function digitOf(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : NONE;
}

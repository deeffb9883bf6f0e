// Decides which paths are forwarded. The Conductor server may decode a path more often than the gateway, remove `;…` from a path, treat `\` as `/`,
// resolve `//` and `..`, or ignore case and accents. The gateway does not forward a path that two servers could interpret differently.
import { HttpError } from './exchange.ts';

const MAX_DECODINGS = 3;
const ESCAPED = /%[0-9a-f]{2}/i;
/** Accents, invisible characters and spaces, including `+` as a space. */
const IGNORED_CHARACTERS = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}+]/gu;

/**
 * Returns the possible interpretations of a path by a server. `path` begins with `/api/` and is not decoded. The first interpretation is the fully
 * decoded path. In the second interpretation, compatibility characters are also replaced (NFKD), letters are in lower case, and accents, spaces and
 * invisible characters are removed. A check of a forwarded path must check each interpretation.
 *
 * @throws HttpError 400 if the path is ambiguous or leaves `/api`: dot segments, empty segments, `\`, `;`, `#`, control characters or invalid UTF-8.
 * Except for `#`, these characters and segments are also refused in percent-encoded form, even if they are encoded several times.
 */
export function interpretationsOf(path: string): readonly string[] {
  let decoded = decode(path);
  let folded = fold(decoded);
  for (let times = 1; ESCAPED.test(decoded) || ESCAPED.test(folded); times++) {
    if (times === MAX_DECODINGS) throw refused();
    decoded = decodeAgain(decoded);
    folded = fold(decodeAgain(folded));
  }
  const interpretations = decoded === folded ? [decoded] : [decoded, folded];
  // INVARIANT: in every interpretation, the path is below `/api`.
  if (path.includes('#') || !path.startsWith('/api/') || interpretations.some(isAmbiguous)) throw refused();
  return interpretations;
}

/** Returns the part of the path of `url` that comes before `/api`. The result is `/x` for `http://c:8080/x/api/` and for `http://c:8080/x`. */
export function prefixOf(url: URL): string {
  return url.pathname
    .replace(/\/+$/, '')
    .replace(/\/api$/, '')
    .replace(/\/+$/, '');
}

function isAmbiguous(reading: string): boolean {
  return (
    !reading.startsWith('/api/') ||
    reading.includes('//') ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the check searches for them
    /[\\;\u0000-\u001f\u007f-\u009f]/.test(reading) ||
    reading.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(IGNORED_CHARACTERS, '').toUpperCase().toLowerCase();
  // NFKD does not replace these characters. Some servers convert Unicode to 8-bit character sets, and then these characters become slashes or
  // backslashes.
  return plain.replace(/[\u2044\u2215\u2571\u29f8]/g, '/').replace(/[\u2216\u29f5]/g, '\\');
}

/** Decodes a path for the first time. A `%` that does not begin a valid escape is an error. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

/** Decodes a decoded path once more. A `%` that does not begin a valid escape is kept as a percent sign. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decode);
}

const refused = () =>
  new HttpError(
    400,
    'BAD_REQUEST',
    'This path is not forwarded. Send a path without dot segments, empty segments, \\, ;, #, control characters and repeated percent-encoding.',
  );

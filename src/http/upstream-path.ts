// Decides which request paths the gateway forwards to the Conductor server. The Conductor server may decode a path more often than the gateway,
// remove `;…` from a path, treat `\` as `/`, resolve `//` and `..`, or ignore case and accents. The gateway does not forward a path that two servers
// could interpret differently.
import { HttpError } from './exchange.ts';

const MAX_DECODINGS = 3;
const ESCAPED = /%[0-9a-f]{2}/i;
/** Matches accents, invisible characters and spaces. The pattern treats `+` as a space. */
const IGNORED_CHARACTERS = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}+]/gu;

/**
 * Returns the possible interpretations of a path by a server. The argument `path` is not decoded and begins with `/api/`. The first interpretation is
 * the fully decoded path. The second interpretation is the first interpretation after three changes: compatibility characters are replaced (NFKD),
 * letters are converted to lower case, and accents, spaces and invisible characters are removed. A check of a forwarded path must check both
 * interpretations.
 *
 * @throws HttpError 400 if the path is ambiguous or leaves `/api`: dot segments, empty segments, `\`, `;`, `#`, control characters or invalid UTF-8.
 * The function also refuses these segments and characters, except `#`, in percent-encoded form, even if they are encoded several times.
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

/** Returns the part of the path of `url` that precedes `/api`. The result is `/x` for `http://c:8080/x/api/` and for `http://c:8080/x`. */
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
  // Characters that NFKD does not replace. A server that converts Unicode to an 8-bit character set can convert these characters to slashes or
  // backslashes.
  return plain.replace(/[\u2044\u2215\u2571\u29f8]/g, '/').replace(/[\u2216\u29f5]/g, '\\');
}

/** Decodes a path for the first time. If a `%` does not begin a valid escape, the function throws an error. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

/** Decodes an already decoded path. If a `%` does not begin a valid escape, the function does not change the `%`. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decode);
}

const refused = () =>
  new HttpError(
    400,
    'BAD_REQUEST',
    'The gateway does not forward this path. Send a path without dot segments, empty segments, \\, ;, #, control characters and repeated percent-encoding.',
  );

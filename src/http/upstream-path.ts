// Decides which paths are forwarded. The Conductor server may decode a path once more than the gateway, remove `;…` from it, treat `\` as `/`, resolve
// `//` and `..`, or ignore case and accents. A path that two servers could interpret differently is not forwarded.
import { HttpError } from './exchange.ts';

const MAX_DECODINGS = 3;
const ESCAPED = /%[0-9a-f]{2}/i;
/** Accents, invisible characters and spaces, including `+` as a space. */
const IGNORED_CHARACTERS = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}+]/gu;

/**
 * Returns the ways in which a server can interpret the path (`/api/…`, as it was sent): fully decoded, and the same with compatibility characters
 * replaced (NFKD), in lower case, without accents, spaces and invisible characters. A rule about forwarded paths must hold for each
 * interpretation.
 *
 * @throws HttpError 400 if the path is ambiguous or leaves `/api`: dot segments, empty segments, `\`, `;`, `#`, control characters or invalid
 *   UTF-8. Except for `#`, they are also refused in percent-encoded form, even if encoded several times.
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
  // INVARIANT: every interpretation of the path is below `/api`.
  if (path.includes('#') || !path.startsWith('/api/') || interpretations.some(isAmbiguous)) throw refused();
  return interpretations;
}

/** Returns the path before `/api` on the server of `url`: `/x` for `http://c:8080/x/api/` and for `http://c:8080/x`. */
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
  // NFKD keeps these characters, but conversions of Unicode to 8-bit character sets turn them into slashes.
  return plain.replace(/[\u2044\u2215\u2571\u29f8]/g, '/').replace(/[\u2216\u29f5]/g, '\\');
}

/** Decodes the first time. A `%` without a valid escape is an error. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

/** Decodes once more. A `%` without a valid escape is a percent sign. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decode);
}

const refused = () =>
  new HttpError(
    400,
    'BAD_REQUEST',
    'This path is not forwarded. Send it without dot segments, empty segments, \\, ;, #, control characters and repeated percent-encoding.',
  );

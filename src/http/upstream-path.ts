// Decides which paths are passed on. The Conductor server may decode a path once more than the gateway, remove `;…` from it, treat `\` as `/`,
// resolve `//` and `..`, or compare names without case and accents. A path that two servers could interpret differently is not passed on.
import { HttpError } from './exchange.ts';

const DECODINGS = 3;
const ESCAPED = /%[0-9a-f]{2}/i;
/** Accents, invisible characters and spaces, also `+` as a space. */
const UNSEEN = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}+]/gu;

/**
 * Returns the ways in which a server can interpret the path (`/api/…`, as it was sent): decoded until no escape is left, and the same with
 * compatibility characters replaced (NFKD), in lower case, without accents, spaces and invisible characters. A rule about paths that are passed
 * on must hold for each of them.
 *
 * @throws HttpError 400 if the path is ambiguous or leads out of `/api`: dot segments, empty segments, `\`, `;`, `#`, control characters or
 *   invalid UTF-8. All of these count when percent-encoded as well, even repeatedly, except `#`.
 */
export function readingsOf(path: string): readonly string[] {
  let decoded = decode(path);
  let folded = fold(decoded);
  for (let times = 1; ESCAPED.test(decoded) || ESCAPED.test(folded); times++) {
    if (times === DECODINGS) throw refused();
    decoded = decodeAgain(decoded);
    folded = fold(decodeAgain(folded));
  }
  const readings = decoded === folded ? [decoded] : [decoded, folded];
  // INVARIANT: every interpretation of the path is below `/api`.
  if (path.includes('#') || !path.startsWith('/api/') || readings.some(isDoubtful)) throw refused();
  return readings;
}

/** What comes before `/api` at the server of `url`: `http://c:8080/x/api/` gives `/x`, and so does `http://c:8080/x`. */
export function prefixOf(url: URL): string {
  return url.pathname
    .replace(/\/+$/, '')
    .replace(/\/api$/, '')
    .replace(/\/+$/, '');
}

function isDoubtful(reading: string): boolean {
  return (
    !reading.startsWith('/api/') ||
    reading.includes('//') ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the check searches for them
    /[\\;\u0000-\u001f\u007f-\u009f]/.test(reading) ||
    reading.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(UNSEEN, '').toUpperCase().toLowerCase();
  // NFKD keeps these characters, but conversions of Unicode to 8-bit character sets turn them into slashes.
  return plain.replace(/[\u2044\u2215\u2571\u29f8]/g, '/').replace(/[\u2216\u29f5]/g, '\\');
}

/** The first decoding. A `%` that begins no valid escape is an error. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

/** A later decoding, of text that was decoded before. A `%` that begins no valid escape is a percent sign. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decode);
}

const refused = () =>
  new HttpError(
    400,
    'BAD_REQUEST',
    'This path is not passed on. Send it without dot segments, empty segments, \\, ;, #, control characters and repeated percent-encoding.',
  );

// Which paths are passed on. The server behind may decode a path once more than the gateway, cut `;…` out of it, read `\` as `/`, fold `//`
// and `..`, or compare names without case and accents. A path that two servers could read differently is not passed on.
import { HttpError } from './exchange.ts';

const DECODINGS = 3;
const ESCAPED = /%[0-9a-f]{2}/i;
/** Accents, and what does not show: zero-width characters, spaces, `+` as a space. */
const UNSEEN = /[\p{M}\p{Default_Ignorable_Code_Point}\p{Cf}\p{White_Space}+]/gu;

/**
 * The ways in which a server may read the path (`/api/…`, as it was sent): decoded until no escape is left; and the same in compatible
 * plain letters (NFKD), lower case, without accents and without what does not show. A rule about a path that is passed on must hold for
 * each of them.
 *
 * @throws HttpError 400 if one is open to doubt, or leads out of `/api`: dot segments, empty segments, `\`, `;`, `#`, control characters,
 *   invalid UTF-8; each also percent-encoded, several times over (`#` as itself only)
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
  // INVARIANT: below `/api` for the gateway and for every server that decodes or folds it.
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
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\\;\u0000-\u001f\u007f-\u009f]/.test(reading) ||
    reading.split('/').some((segment) => segment === '.' || segment === '..')
  );
}

function fold(text: string): string {
  const plain = text.normalize('NFKD').replace(UNSEEN, '').toUpperCase().toLowerCase();
  // Tables that map Unicode to an 8-bit character set read these as slashes; NFKD does not.
  return plain.replace(/[\u2044\u2215]/g, '/').replace(/\u2216/g, '\\');
}

/** The first decoding: an escape that is none is a fault. */
function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

/** A later one, of what may be plain text: a `%` that begins no escape is a percent sign. */
function decodeAgain(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, decode);
}

const refused = () => new HttpError(400, 'BAD_REQUEST', 'A path of this form is not passed on.');

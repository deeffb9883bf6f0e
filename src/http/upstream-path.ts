// Which paths are passed on. A server behind may decode a path once more than we do, cut `;…` out of it, take `\` for `/` or fold
// `//` and `..`: whatever two readers could read differently goes to nobody.
import { HttpError } from './exchange.ts';

const DECODINGS = 3;

/**
 * The path (`/api/…`, as it was sent) as any server would read it: decoded until nothing is left to decode. What is decided about a path
 * that is passed on is to be decided on this one.
 *
 * @throws HttpError 400 where that is open to doubt, or leads out of `/api`: dot segments, empty segments, `\`, `;`, `#`, control
 *   characters, what is no UTF-8; each also percent-encoded, several times over (`#` as itself only)
 */
export function plainPath(path: string): string {
  let plain = decode(path);
  for (let times = 1; /%[0-9a-f]{2}/i.test(plain); times++) {
    if (times === DECODINGS) throw refused();
    plain = plain.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const isDoubtful = path.includes('#') || plain.includes('//') || /[\\;\u0000-\u001f\u007f]/.test(plain);
  if (isDoubtful || plain.split('/').some((segment) => segment === '.' || segment === '..')) throw refused();
  // INVARIANT: below `/api` for us and for whoever decodes it.
  if (!path.startsWith('/api/') || !plain.startsWith('/api/')) throw refused();
  return plain;
}

/** What comes before `/api` at the server of `url`: `http://c:8080/x/api/` gives `/x`, and so does `http://c:8080/x`. */
export function prefixOf(url: URL): string {
  return url.pathname
    .replace(/\/+$/, '')
    .replace(/\/api$/, '')
    .replace(/\/+$/, '');
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw refused();
  }
}

const refused = () => new HttpError(400, 'BAD_REQUEST', 'A path of this form is not passed on.');

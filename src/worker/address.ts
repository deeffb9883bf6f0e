// To which server a task with secrets sends: to the one that its definition names, and to no other.
//
// THE RULE. Before the path there is either text, or one secret that is the whole of it:
//
//   https://api.example:8443/…           text
//   https://${workflow.secrets.host}/…   a host; its port may stand in the secret, or behind it
//   ${workflow.secrets.address}/…        http://… or https://…, as far as the secret has it
//
// No other expression, since whoever fills it in could have the secrets sent to a server of their own. No half of a server, since `.example` in
// `https://api${…}/` may be `.thief.example/` tomorrow: who names the server that gets the secrets is told by one place. No user and
// password, which clients understand differently.

import { type Part, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { gapsIn, type Piece } from './align.ts';
import { Misfit, takesSecret } from './definition.ts';
import { requestIn } from './http-request.ts';

/** In place of what is not text. Where a definition has these characters itself, it names no server. */
const SECRET = '\ue000';
const DATA = '\ue001';

/** What a server consists of, without user and password. One character at least: parsers pass over more slashes, and take what comes next for it. */
const SERVER = '[^/?#\\\\\\s@\ue000\ue001]+';
const FORMS = {
  text: new RegExp(`^https?://${SERVER}(?:[/?#]|$)`, 'i'),
  host: new RegExp(`^https?://${SECRET}(?::\\d+)?(?:[/?#]|$)`, 'i'),
  address: new RegExp(`^${SECRET}(?:[/?#]|$)`),
};
/** What the secret may be in the forms that have one. */
const VALUES = {
  text: undefined,
  host: /^(?:[^/?#\\\s@:]+|\[[\da-f:.]+\])(?::\d+)?$/i,
  address: FORMS.text,
};
const EXPRESSION_LIMIT = 200;

/** Whether `definition` names the server itself, by the rule above. @throws Misfit, which says what stands in the way */
export function checkServer(definition: JsonObject): void {
  const parts = addressOf(definition);
  if (formOf(parts) !== undefined) return;
  const before = /^(?:https?:\/\/)?[^/?#]*/i.exec(shapeOf(parts))?.[0] ?? '';
  if (before.includes('@')) throw new Misfit('http_request.uri: without user and password, which belong into a header');
  const data = parts.find((part) => typeof part !== 'string' && !takesSecret(part));
  if (before.includes(DATA) && typeof data === 'object')
    throw new Misfit(
      `http_request.uri: where secrets are used, the definition says itself to which server it goes: ${data.text.slice(0, EXPRESSION_LIMIT)} stands before the path`,
    );
  if (before.includes(SECRET))
    throw new Misfit('http_request.uri: a secret that stands before the path is the whole host, or the whole address');
  throw new Misfit('http_request.uri: an address, http://… or https://…');
}

/**
 * Whether `uri`, about to be sent to, is on the server that `definition` names, and below the path that it begins with: all that stands
 * before the first thing that is data. `values` are what its references to secrets came to. @throws Misfit
 */
export function checkAddress(definition: JsonObject, uri: URL, values: ReadonlyMap<string, Json>): void {
  const parts = addressOf(definition);
  const form = formOf(parts);
  const end = parts.findIndex((part) => typeof part !== 'string' && !takesSecret(part));
  const known = end < 0 ? parts : parts.slice(0, end);
  const texts = known.map((part) => (typeof part === 'string' ? part : textOf(values.get(part.text))));
  const ofSecret = form === undefined ? undefined : VALUES[form];
  if (ofSecret !== undefined && !ofSecret.test(texts[form === 'host' ? 1 : 0] ?? ''))
    throw new Misfit(
      form === 'host'
        ? 'http_request.uri: the secret in place of the host is none, or more than that'
        : 'http_request.uri: the secret in place of the address is none, http://… or https://…, or has a user in it',
    );
  const said = URL.canParse(texts.join('')) ? new URL(texts.join('')) : undefined;
  if (
    form === undefined ||
    said === undefined ||
    uri.origin !== said.origin ||
    !(end < 0 ? uri.href === said.href : uri.pathname.startsWith(said.pathname))
  )
    throw new Misfit('http_request.uri: it leads elsewhere than the definition says');
}

/**
 * Servers and proxies decode a path before they split it, some of them more than once, and drop `;parameters`. So data in the path of `sent`,
 * the address before it is parsed, must not separate segments by an encoded character, and must not lead upwards in any encoding. Encoded
 * separators in the text of the definition, and in values of secrets, remain allowed. @throws Misfit
 */
export function checkPath(definition: JsonObject, sent: string, values: ReadonlyMap<string, Json>): void {
  const pieces: Piece[] = [];
  for (const part of addressOf(definition)) {
    const last = pieces.at(-1);
    const isData = typeof part !== 'string' && !takesSecret(part);
    const known = typeof part === 'string' ? part : textOf(values.get(part.text));
    if (isData && !(last !== undefined && 'gap' in last)) pieces.push({ gap: true });
    else if (!isData && last !== undefined && 'known' in last) last.known += known;
    else if (!isData) pieces.push({ known });
  }
  const [first, ...others] = pieces;
  if (first === undefined || 'gap' in first || others.length === 0 || /[?#]/.test(first.known)) return;
  const text = sent.trim();
  // Where the data cannot be located, all after the first known text is checked as data.
  const gaps = gapsIn(text, pieces)?.values();
  const rest =
    gaps === undefined
      ? text.slice(first.known.length)
      : others.map((piece) => ('gap' in piece ? gaps.next().value : withSeparators(piece.known))).join('');
  const inSegment = withSeparators(first.known).replace(/^.*[/\\]/s, '');
  if (misleads(`${inSegment}${rest}`.replace(/[?#].*$/s, '')))
    throw new Misfit(
      'http_request.uri: data in its path has a dot segment, an encoded slash or backslash, or a control character, also in repeated or invalid encodings',
    );
}

const withSeparators = (known: string) => known.replaceAll(/%(?:25)*(?:2f|5c)/gi, '/');

/** Servers decode a path once or twice. */
const MOST_DECODINGS = 4;

function misleads(path: string): boolean {
  // Bytes are compared below; other characters are no separators.
  let decoded = path.replaceAll(/[^\0-\x7f]/g, 'x');
  const separators = segmentsOf(decoded).length;
  for (let times = 0; ; times++) {
    const next = decoded.replaceAll(/%(?:25)*(?:u([\da-f]{4})|([\da-f]{2}))/gi, (_, unit?: string, byte?: string) =>
      String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16)),
    );
    if (next === decoded) break;
    if (times === MOST_DECODINGS) return true;
    decoded = next;
  }
  const segments = segmentsOf(decoded);
  return (
    segments.length !== separators ||
    segments.some((segment) => /^\s*\.{1,2}\s*(?:;.*)?$/s.test(segment)) ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are searched for
    /[\0-\x1f\x7f]/.test(decoded) ||
    // Overlong UTF-8, which some decoders read as ASCII.
    /[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/.test(decoded)
  );
}

const segmentsOf = (path: string) => path.split(/[/\\]/);

/**
 * The server is also what `headers` say of it: behind one address there may be many. `headers` are about to be sent. @throws Misfit if it is
 * data that says so
 */
export function checkHost(definition: JsonObject, headers: Readonly<Record<string, string>>): void {
  if (headers.host === undefined) return;
  const request = requestIn(definition);
  const written = isJsonObject(request) && isJsonObject(request.headers) ? request.headers : {};
  const hosts = Object.entries(written).filter(([name]) => name.toLowerCase() === 'host');
  const isWritten = ([, value]: [string, Json]) =>
    typeof value === 'string' && partsOf(value).every((part) => typeof part === 'string' || takesSecret(part));
  if (hosts.length === 0 || !hosts.every(isWritten))
    throw new Misfit('http_request.headers.host: where secrets are used, only the definition says it');
}

function addressOf(definition: JsonObject): Part[] {
  const request = requestIn(definition);
  if (!isJsonObject(request) || typeof request.uri !== 'string')
    throw new Misfit('http_request.uri: where secrets are used, the definition says itself to which server it goes');
  return partsOf(request.uri.trim());
}

function formOf(parts: readonly Part[]): keyof typeof FORMS | undefined {
  const shape = shapeOf(parts);
  return (['text', 'host', 'address'] as const).find((form) => FORMS[form].test(shape));
}

/** Up to the first thing that is data. */
function shapeOf(parts: readonly Part[]): string {
  let shape = '';
  for (const part of parts) {
    if (typeof part === 'string') shape += part.replaceAll(/[\ue000\ue001]/g, ' ');
    else if (takesSecret(part)) shape += SECRET;
    else return shape + DATA;
  }
  return shape;
}

const textOf = (value: Json | undefined) =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

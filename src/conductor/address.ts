// Checks that a task with secrets sends its HTTP requests only to the server that the task's definition names.
//
// THE RULE. In the task's definition, the part of the address before the path is either plain text, or exactly one reference to a secret:
//
//   https://api.example:8443/…           text
//   https://${workflow.secrets.host}/…   the secret is a host; the port is in the secret or after the reference
//   ${workflow.secrets.address}/…        the secret is an address that starts with http:// or https://
//
// Before the path, expressions for data are not allowed, because the provider of the data could send the secrets to a different server. A mix of text
// and a reference is not allowed either. For example, with `https://api${…}/`, a change of the inserted text from `.example` to `.thief.example` would
// change the server. THE RULE therefore requires that either the text alone or the secret alone names the server. The address must not contain a user
// or a password, because HTTP clients parse a user and a password differently.

import { type Part, partsOf } from '../payloads/references/expressions.ts';
import { isJsonObject, type Json, type JsonObject } from '../primitives/json.ts';
import { refersToSecret } from './definition.ts';
import { requestIn } from './http-request.ts';
import type { ResolvedInput } from './resolve-input.ts';
import { InvalidTask } from './task.ts';
import { gapsIn, joined, type Piece } from './template-gaps.ts';

/**
 * In the result of `shapeOf`, these characters replace references to secrets and expressions for data. If a task definition itself contains one of
 * these characters, the gateway rejects the address in the task definition.
 */
const SECRET_MARK = '\ue000';
const DATA_MARK = '\ue001';

/**
 * A regular expression for the host and port of a URL, without a user or password. The host must have at least one character. If the host is empty,
 * URL parsers skip the slashes and use the next path segment as the host.
 */
const SERVER = '[^/?#\\\\\\s@\ue000\ue001]+';
const FORMS = {
  text: new RegExp(`^https?://${SERVER}(?:[/?#]|$)`, 'i'),
  host: new RegExp(`^https?://${SECRET_MARK}(?::\\d+)?(?:[/?#]|$)`, 'i'),
  address: new RegExp(`^${SECRET_MARK}(?:[/?#]|$)`),
};
/** The regular expressions for the allowed secret values. Each form of the address in THE RULE has its own regular expression. */
const SECRET_VALUES = {
  text: undefined,
  host: /^(?:[^/?#\\\s@:]+|\[[\da-f:.]+\])(?::\d+)?$/i,
  address: FORMS.text,
};
const EXPRESSION_LIMIT = 200;

/** The JSON path of the field that contains the URL in the input of a task. */
type AddressPath = readonly string[];
const URI: AddressPath = ['http_request', 'uri'];

/** Checks that the address in the task's `definition` satisfies THE RULE. @throws InvalidTask with the part of the address that violates the rule */
export function checkServer(definition: JsonObject, path: AddressPath = URI): void {
  const parts = addressOf(definition, path);
  const field = path.join('.');
  if (formOf(parts) !== undefined) return;
  const beforePath = /^(?:https?:\/\/)?[^/?#]*/i.exec(shapeOf(parts))?.[0] ?? '';
  if (beforePath.includes('@'))
    throw new InvalidTask(`${field}: must not contain a user or password; send the user and password in a header`);
  const data = parts.find((part) => typeof part !== 'string' && !refersToSecret(part));
  if (beforePath.includes(DATA_MARK) && typeof data === 'object')
    throw new InvalidTask(
      `${field}: a task with secrets must name its server in the definition, but ${data.text.slice(0, EXPRESSION_LIMIT)} comes before the path`,
    );
  if (beforePath.includes(SECRET_MARK))
    throw new InvalidTask(
      `${field}: a reference to a secret before the path must be the complete host or the complete address`,
    );
  throw new InvalidTask(`${field}: must be an address, http://… or https://…`);
}

/**
 * Checks that the final `uri` is on the server that `definition` names. The function also checks that `uri` begins with the fixed part of the
 * definition's path, up to the first expression for data. The argument `values` contains the values of the references to secrets. @throws InvalidTask
 */
export function checkAddress(
  definition: JsonObject,
  uri: URL,
  values: ReadonlyMap<string, Json>,
  path: AddressPath = URI,
): void {
  const parts = addressOf(definition, path);
  const field = path.join('.');
  const form = formOf(parts);
  const end = parts.findIndex((part) => typeof part !== 'string' && !refersToSecret(part));
  const known = end < 0 ? parts : parts.slice(0, end);
  const texts = known.map((part) => (typeof part === 'string' ? part : textOf(values.get(part.text))));
  const ofSecret = form === undefined ? undefined : SECRET_VALUES[form];
  if (ofSecret !== undefined && !ofSecret.test(texts[form === 'host' ? 1 : 0] ?? ''))
    throw new InvalidTask(
      form === 'host'
        ? `${field}: the value of the secret must be only a host`
        : `${field}: the value of the secret must be an address, http://… or https://…, without a user`,
    );
  const expected = URL.canParse(texts.join('')) ? new URL(texts.join('')) : undefined;
  if (
    form === undefined ||
    expected === undefined ||
    uri.origin !== expected.origin ||
    !(end < 0 ? uri.href === expected.href : uri.pathname.startsWith(expected.pathname))
  )
    throw new InvalidTask(`${field}: the final address differs from the server or the path in the definition`);
}

/**
 * Checks the path of `sent`, which is the unparsed address. Servers and proxies decode a path, sometimes more than once, before they split the path
 * into segments. Some servers also remove `;parameters`. Data in the path must therefore not contain an encoded separator or a dot segment in any
 * encoding. The text of the definition and secret values may contain encoded separators. @throws InvalidTask
 */
export function checkPath(
  definition: JsonObject,
  sent: string,
  values: ReadonlyMap<string, Json>,
  path: AddressPath = URI,
): void {
  const pieces = joined(
    addressOf(definition, path).map((part): Piece => {
      if (typeof part === 'string') return { known: part };
      return refersToSecret(part) ? { known: textOf(values.get(part.text)) } : { gap: true };
    }),
  );
  const [first, ...others] = pieces;
  if (first === undefined || 'gap' in first || others.length === 0 || /[?#]/.test(first.known)) return;
  const text = sent.trim();
  // If the positions of the data in the path are unknown, the function treats everything after the first fixed text as data.
  const gaps = gapsIn(text, pieces)?.values();
  const rest =
    gaps === undefined
      ? text.slice(first.known.length)
      : others.map((piece) => ('gap' in piece ? gaps.next().value : withSeparators(piece.known))).join('');
  const inSegment = withSeparators(first.known).replace(/^.*[/\\]/s, '');
  if (isMisleading(`${inSegment}${rest}`.replace(/[?#].*$/s, '')))
    throw new InvalidTask(
      `${path.join('.')}: data in the path must not contain a dot segment, an encoded slash or backslash, a control character, or a repeated or invalid encoding`,
    );
}

const withSeparators = (known: string) => known.replaceAll(/%(?:25)*(?:2f|5c)/gi, '/');

/** Maximum number of times that a path is decoded for the check. Servers decode a path once or twice. */
const MAX_DECODINGS = 4;

function isMisleading(path: string): boolean {
  // The code checks only ASCII characters, because only ASCII characters can be path separators.
  let decoded = path.replaceAll(/[^\0-\x7f]/g, 'x');
  const separators = segmentsOf(decoded).length;
  for (let times = 0; ; times++) {
    const next = decoded.replaceAll(/%(?:25)*(?:u([\da-f]{4})|([\da-f]{2}))/gi, (_, unit?: string, byte?: string) =>
      String.fromCharCode(Number.parseInt(unit ?? byte ?? '', 16)),
    );
    if (next === decoded) break;
    if (times === MAX_DECODINGS) return true;
    decoded = next;
  }
  const segments = segmentsOf(decoded);
  return (
    segments.length !== separators ||
    segments.some((segment) => /^\s*\.{1,2}\s*(?:;.*)?$/s.test(segment)) ||
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern searches for control characters
    /[\0-\x1f\x7f]/.test(decoded) ||
    // The function refuses overlong UTF-8 encodings, because some decoders convert overlong encodings to ASCII characters.
    /[\xc0\xc1][\x80-\xbf]|\xe0[\x80-\x9f]|\xf0[\x80-\x8f]/.test(decoded)
  );
}

const segmentsOf = (path: string) => path.split(/[/\\]/);

/**
 * Checks the header `host` of the final `headers`. If several servers share one IP address, the header `host` selects the server. The task's
 * definition must therefore contain the complete value of the header. @throws InvalidTask if the header contains data
 */
export function checkHost(
  definition: JsonObject,
  headers: Readonly<Record<string, string>>,
  path: AddressPath = URI,
): void {
  if (headers.host === undefined) return;
  if (hostsIn(definition, path).length === 0 || hostsFromData(definition, path).length > 0)
    throw new InvalidTask(
      `${[...path.slice(0, -1), 'headers.host'].join('.')}: a task with secrets must set this header in the definition, without expressions for data`,
    );
}

/** Returns the names of those `host` headers in the definition whose values contain expressions for data. */
export function hostsFromData(definition: JsonObject, path: AddressPath): string[] {
  const isWritten = (value: Json) =>
    typeof value === 'string' && partsOf(value).every((part) => typeof part === 'string' || refersToSecret(part));
  return hostsIn(definition, path).flatMap(([name, value]) => (isWritten(value) ? [] : [name]));
}

function hostsIn(definition: JsonObject, path: AddressPath): [string, Json][] {
  const request = requestAt(path, definition);
  const headers = isJsonObject(request) && isJsonObject(request.headers) ? request.headers : {};
  return Object.entries(headers).filter(([name]) => name.toLowerCase() === 'host');
}

/**
 * Returns the object in `input` that contains the address and the headers. `definition` determines which field of the input contains the HTTP request.
 */
const requestAt = (path: AddressPath, input: JsonObject, definition: JsonObject = input): Json | undefined =>
  path[0] === 'http_request' ? requestIn(input, definition) : input;

function addressOf(definition: JsonObject, path: AddressPath): Part[] {
  const request = requestAt(path, definition);
  const address = isJsonObject(request) ? request[path.at(-1) ?? ''] : undefined;
  if (typeof address !== 'string')
    throw new InvalidTask(`${path.join('.')}: a task with secrets must name its server in the definition`);
  return partsOf(address.trim());
}

function formOf(parts: readonly Part[]): keyof typeof FORMS | undefined {
  const shape = shapeOf(parts);
  return (['text', 'host', 'address'] as const).find((form) => FORMS[form].test(shape));
}

/** Returns the part of the definition's address before the first expression for data. SECRET_MARK replaces each reference to a secret. */
function shapeOf(parts: readonly Part[]): string {
  let shape = '';
  for (const part of parts) {
    if (typeof part === 'string') shape += part.replaceAll(/[\ue000\ue001]/g, ' ');
    else if (refersToSecret(part)) shape += SECRET_MARK;
    else return shape + DATA_MARK;
  }
  return shape;
}

const textOf = (value: Json | undefined) =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/**
 * Checks the resolved input of a task with secrets: the request goes to the server that the definition names. @throws InvalidTask
 */
export function checkDestination(
  { input, definition, values }: Pick<ResolvedInput, 'input' | 'definition' | 'values'>,
  path: AddressPath = URI,
): void {
  const request = requestAt(path, input, definition);
  const sent = isJsonObject(request) ? request[path.at(-1) ?? ''] : undefined;
  const address = typeof sent === 'string' ? sent.trim() : '';
  if (!isJsonObject(request) || !/^https?:\/\/[^/?#\\\s]/i.test(address) || !URL.canParse(address))
    throw new InvalidTask(`${path.join('.')}: must be an address, http://… or https://…`);
  checkAddress(definition, new URL(address), values, path);
  checkPath(definition, address, values, path);
  const headers = Object.keys(isJsonObject(request.headers) ? request.headers : {});
  checkHost(definition, Object.fromEntries(headers.map((name) => [name.toLowerCase(), ''])), path);
}

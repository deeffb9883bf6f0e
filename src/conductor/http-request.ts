// Reads the HTTP request from a task's input, in the format of Conductor's HTTP task.

import { isJsonObject, isRawNumber, type Json, type JsonObject } from '../primitives/json.ts';
import { InvalidTask } from './task.ts';

export interface HttpRequest {
  method: string;
  uri: URL;
  /** The headers of the request. All header names are in lower case. */
  headers: Record<string, string>;
  body: string | undefined;
  /** The connection timeout in milliseconds. */
  connectMs: number;
  /** The maximum time without data from the server, in milliseconds. */
  readMs: number;
}

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'];
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
/** Headers that describe the connection. The HTTP client sets these headers, so their values in the task are ignored. */
const CONNECTION_HEADERS = [
  ...['connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];
const DEFAULT_MS = 3_000;
const MAX_MS = 300_000;

/**
 * Returns the HTTP request in the input of a task. The request is the field `http_request`, or the input itself if the input contains the fields of a
 * request. If the task's `definition` contains `http_request` or `uri`, the definition determines where the function reads the request. Therefore
 * data cannot add a second request that replaces the request in the definition.
 */
export function requestIn(input: JsonObject, definition: JsonObject = input): Json | undefined {
  const source = definition.http_request !== undefined || definition.uri !== undefined ? definition : input;
  return source.http_request === undefined && source.uri !== undefined ? input : input.http_request;
}

/**
 * @param request the result of requestIn. @throws InvalidTask with the name of the invalid field. The message does not contain the value of the field
 */
export function httpRequest(request: Json | undefined): HttpRequest {
  if (!isJsonObject(request)) throw new InvalidTask('http_request: must be an object with uri and method');
  const uri = typeof request.uri === 'string' ? uriOf(request.uri.trim()) : undefined;
  if (uri === undefined) throw new InvalidTask('http_request.uri: must be an address, http://… or https://…');
  if (uri.username !== '' || uri.password !== '')
    throw new InvalidTask(
      'http_request.uri: must not contain a user or password; send the user and password in a header',
    );
  const method = typeof request.method === 'string' ? request.method.trim().toUpperCase() : '';
  if (!METHODS.includes(method)) throw new InvalidTask(`http_request.method: must be one of ${METHODS.join(', ')}`);

  const headers: Record<string, string> = { accept: textOf(request.accept, 'accept') ?? JSON_TYPE };
  const contentType = textOf(request.contentType, 'contentType') ?? JSON_TYPE;
  const hasBody = request.body !== undefined && request.body !== null;
  if (hasBody) headers['content-type'] = contentType;
  const given = request.headers ?? {};
  if (!isJsonObject(given)) throw new InvalidTask('http_request.headers: must be an object whose values are strings');
  for (const [name, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name))
      throw new InvalidTask('http_request.headers: the names must be valid HTTP header names');
    if (value === null || CONNECTION_HEADERS.includes(name.toLowerCase())) continue;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      headers[name.toLowerCase()] = value.join(', ');
    else if (typeof value === 'object' && !isRawNumber(value))
      throw new InvalidTask(`http_request.headers.${name}: must be a string`);
    else headers[name.toLowerCase()] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  for (const [name, value] of Object.entries(headers))
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw new InvalidTask(`http_request.headers.${name}: must be one line of Latin-1 characters`);
  return {
    method,
    uri,
    headers,
    body: hasBody ? bodyOf(request.body as Json, headers['content-type'] ?? contentType) : undefined,
    connectMs: millisecondsOf(request.connectionTimeOut, 'connectionTimeOut'),
    readMs: millisecondsOf(request.readTimeOut, 'readTimeOut'),
  };
}

function uriOf(text: string): URL | undefined {
  // The check refuses `http:///a`, because URL parsers would use `a` as the server. Such a URL results from an empty value in place of the server.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: URL parsers skip control characters
  if (!/^https?:\/\/[^/?#\\\s]/i.test(text) || /[\u0000-\u001f]/.test(text) || !URL.canParse(text)) return undefined;
  const uri = new URL(text);
  return uri.protocol === 'http:' || uri.protocol === 'https:' ? uri : undefined;
}

function bodyOf(body: Json, contentType: string): string {
  if (typeof body === 'string') return body;
  if (contentType.toLowerCase().startsWith(FORM_TYPE) && isJsonObject(body)) {
    const fields = Object.entries(body).flatMap(([name, value]): [string, string][] =>
      value === null ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
    );
    return new URLSearchParams(fields).toString();
  }
  return JSON.stringify(body);
}

function textOf(json: Json | undefined, name: string): string | undefined {
  if (json === undefined || json === null || json === '') return undefined;
  if (typeof json !== 'string') throw new InvalidTask(`http_request.${name}: must be a string`);
  return json;
}

/** Parses a number of milliseconds. The function also accepts a string, because engines send a string if an expression produced the number. */
function millisecondsOf(json: Json | undefined, name: string): number {
  if (json === undefined || json === null || json === '') return DEFAULT_MS;
  const value = Number(json);
  if (typeof json === 'object' || typeof json === 'boolean' || !Number.isInteger(value) || value < 1 || value > MAX_MS)
    throw new InvalidTask(`http_request.${name}: must be 1 to ${MAX_MS} milliseconds`);
  return value;
}

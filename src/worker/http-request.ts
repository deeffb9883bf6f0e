// The request that a task's input describes, as Conductor's HTTP task has it.

import { isJsonObject, isRawNumber, type Json, type JsonObject } from '../primitives/json.ts';
import { Misfit } from './definition.ts';

export interface HttpRequest {
  method: string;
  uri: URL;
  /** By their names in lower case. */
  headers: Record<string, string>;
  body: string | undefined;
  /** Milliseconds until there is a connection. */
  connectMs: number;
  /** Milliseconds without anything from the server. */
  readMs: number;
}

const METHODS = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'];
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
/** Between the worker and the server: what stands there for them is left out. */
const OWN_HEADERS = [
  ...['connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
];
const DEFAULT_MS = 3_000;
const MOST_MS = 300_000;

/**
 * The request of an input: what it has under `http_request`, or the input itself where its fields stand there. Which of them, the definition
 * says, as far as it says either: what came by data is no second request.
 */
export function requestIn(input: JsonObject, definition: JsonObject = input): Json | undefined {
  const says = definition.http_request !== undefined || definition.uri !== undefined ? definition : input;
  return says.http_request === undefined && says.uri !== undefined ? input : input.http_request;
}

/** @param request see requestIn. @throws Misfit naming the field, never what stands there */
export function httpRequest(request: Json | undefined): HttpRequest {
  if (!isJsonObject(request)) throw new Misfit('http_request: an object with uri and method');
  const uri = typeof request.uri === 'string' ? uriOf(request.uri.trim()) : undefined;
  if (uri === undefined) throw new Misfit('http_request.uri: an address, http://… or https://…');
  if (uri.username !== '' || uri.password !== '')
    throw new Misfit('http_request.uri: without user and password, which belong into a header');
  const method = typeof request.method === 'string' ? request.method.trim().toUpperCase() : '';
  if (!METHODS.includes(method)) throw new Misfit(`http_request.method: one of ${METHODS.join(', ')}`);

  const headers: Record<string, string> = { accept: textOf(request.accept, 'accept') ?? JSON_TYPE };
  const contentType = textOf(request.contentType, 'contentType') ?? JSON_TYPE;
  const hasBody = request.body !== undefined && request.body !== null;
  if (hasBody) headers['content-type'] = contentType;
  const given = request.headers ?? {};
  if (!isJsonObject(given)) throw new Misfit('http_request.headers: an object of texts');
  for (const [name, value] of Object.entries(given)) {
    if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) throw new Misfit('http_request.headers: names that HTTP allows');
    if (value === null || OWN_HEADERS.includes(name.toLowerCase())) continue;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string'))
      headers[name.toLowerCase()] = value.join(', ');
    else if (typeof value === 'object' && !isRawNumber(value)) throw new Misfit(`http_request.headers.${name}: a text`);
    else headers[name.toLowerCase()] = typeof value === 'string' ? value : JSON.stringify(value);
  }
  for (const [name, value] of Object.entries(headers))
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) throw new Misfit(`http_request.headers.${name}: one line of Latin-1`);
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
  // What was to stand for the server may have come to nothing: `http:///a` is no address, though parsers take `a` for the server.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: parsers pass over them
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
  if (typeof json !== 'string') throw new Misfit(`http_request.${name}: a text`);
  return json;
}

/** Engines hand numbers out as texts too, where they came from an expression. */
function millisecondsOf(json: Json | undefined, name: string): number {
  if (json === undefined || json === null || json === '') return DEFAULT_MS;
  const value = Number(json);
  if (typeof json === 'object' || typeof json === 'boolean' || !Number.isInteger(value) || value < 1 || value > MOST_MS)
    throw new Misfit(`http_request.${name}: milliseconds, 1 to ${MOST_MS}`);
  return value;
}

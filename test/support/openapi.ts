// Checks every request of the REST tests and every response against openapi.yaml.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { parse } from 'yaml';

export interface Exchange {
  method: string;
  /** The path and the query in the form that the client sent, such as `/api/secrets/db%2D1?access=READ`. */
  path: string;
  requestHeaders: Record<string, string>;
  requestBody: string | Uint8Array | undefined;
  status: number;
  responseHeaders: Headers;
  responseText: string;
  /** Whether a server other than the gateway answered. In this case, openapi.yaml does not describe the response. */
  passedOn?: boolean;
}

/** A part of the OpenAPI document, and the location of this part as a JSON Pointer. */
interface Place<Value> {
  at: string;
  value: Value;
}

interface Reference {
  $ref: string;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  examples?: unknown[];
  [keyword: string]: unknown;
}

export interface MediaType {
  schema: Schema;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query';
  description?: string;
  required?: boolean;
  schema: Schema;
  example?: unknown;
}

export interface Described {
  description?: string;
  required?: boolean;
  content?: Record<string, MediaType>;
}

export interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: (Parameter | Reference)[];
  requestBody?: Described | Reference;
  responses: Record<string, Described | Reference>;
}

/** The operations of a path by HTTP method, and the parts that these operations share. */
export type PathItem = { [method: string]: Operation } & { parameters?: (Parameter | Reference)[] };

export interface Document {
  openapi: string;
  info: { version: string };
  tags: { name: string; description?: string }[];
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Schema>; [kind: string]: Record<string, unknown> };
}

export interface FoundOperation extends Place<Operation> {
  method: string;
  template: string;
  /** The parameters of the path for all methods. */
  shared: Place<(Parameter | Reference)[]>;
}

const FILE = join(import.meta.dirname, '../../openapi.yaml');
export const document: Document = parse(readFileSync(FILE, 'utf8'));

export const operations: FoundOperation[] = Object.entries(document.paths).flatMap(
  ([template, { parameters = [], ...methods }]) =>
    Object.entries(methods).map(([method, value]) => ({
      method: method.toUpperCase(),
      template,
      at: pointer('', 'paths', template, method),
      value,
      shared: { at: pointer('', 'paths', template, 'parameters'), value: parameters },
    })),
);

const ROOT = 'openapi.yaml';
// The schema of a body that is JSON or plain text limits strings, and specifies no type.
const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
ajvFormats.default(ajv);
ajv.addVocabulary(['openapi', 'info', 'jsonSchemaDialect', 'servers', 'security', 'tags', 'paths', 'components']);
ajv.addSchema(document, ROOT);

const compiled = new Map<string, ValidateFunction>();

/**
 * Returns the errors of `value` against the schema at `at`, or undefined without errors. Each error contains a
 * location in the schema and a location in the value. No error contains the value itself.
 */
export function problemWith(value: unknown, at: string): string | undefined {
  const $ref = `${ROOT}#${at.split('/').map(encodeURIComponent).join('/')}`;
  const validate = compiled.get($ref) ?? ajv.compile({ $ref });
  compiled.set($ref, validate);
  if (validate(value)) return undefined;
  const problems = (validate.errors ?? []).map(({ instancePath, schemaPath, params }) => {
    const extra: unknown = params.additionalProperty ?? params.unevaluatedProperty ?? params.missingProperty;
    return `${instancePath || 'all of it'}${extra === undefined ? '' : ` (${extra})`} by ${schemaPath}`;
  });
  return [...new Set(problems)].join('; ');
}

/**
 * Returns the part of the document at a location. If this part is a reference, returns its target. @throws if the
 * part is missing
 */
export function resolved<Value>({ at, value }: Place<Value | Reference>): Place<Value> {
  if (typeof value !== 'object' || value === null || !('$ref' in value)) return { at, value: value as Value };
  const target = value.$ref.slice(1);
  const found = target
    .split('/')
    .slice(1)
    .reduce((within: unknown, part) => (within as Record<string, unknown> | undefined)?.[unescaped(part)], document);
  if (found === undefined) throw new Error(`${at}: nothing is at ${value.$ref}`);
  return resolved({ at: target, value: found as Value | Reference });
}

export function parametersOf({ at, value, shared }: FoundOperation): Place<Parameter>[] {
  const own = (value.parameters ?? []).map((one, i) => ({ at: pointer(at, 'parameters', i), value: one }));
  const all = [...shared.value.map((one, i) => ({ at: pointer(shared.at, i), value: one })), ...own];
  return all.map((one) => resolved<Parameter>(one));
}

/** The bodies of a request or a response, by media type. */
export function bodiesOf({ at, value }: Place<Described>): (Place<MediaType> & { type: string })[] {
  return Object.entries(value.content ?? {}).map(([type, media]) => ({
    type,
    at: pointer(at, 'content', type),
    value: media,
  }));
}

export function responsesOf({ at, value }: Place<Operation>): Map<string, Place<Described>> {
  const all = Object.entries(value.responses);
  return new Map(all.map(([status, one]) => [status, resolved({ at: pointer(at, 'responses', status), value: one })]));
}

export function requestBodyOf({ at, value }: Place<Operation>): Place<Described> | undefined {
  return value.requestBody && resolved<Described>({ at: pointer(at, 'requestBody'), value: value.requestBody });
}

export function pointer(at: string, ...parts: (string | number)[]): string {
  return [at, ...parts.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/');
}

/**
 * Returns the operation of a request and the values of its path parameters. Compares fixed path segments before
 * parameters.
 */
export function findOperation(
  method: string,
  path: string,
): { operation: FoundOperation; params: Record<string, string> } | undefined {
  const all = matching(path);
  // A path supports only the methods that the document lists for it.
  const own = all.filter(({ operation }) => !operation.template.includes('{'));
  return (own.length > 0 ? own : all).find(
    ({ operation }) => operation.method === (method === 'HEAD' ? 'GET' : method),
  );
}

function matching(path: string) {
  const parts = path.replace(/(?<=.)\/$/, '').split('/');
  const all = operations.flatMap((operation) => {
    const expected = operation.template.split('/');
    if (expected.length !== parts.length) return [];
    const params: Record<string, string> = {};
    for (const [i, part] of expected.entries()) {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined ? part !== parts[i] : parts[i] === '') return [];
      const decoded = decodedOf(parts[i]!);
      if (decoded === undefined) return [];
      if (name !== undefined) params[name] = decoded;
    }
    const order = expected.map((part) => (part.startsWith('{') ? 1 : 0)).join('');
    return [{ operation, params, order }];
  });
  return all.sort((a, b) => a.order.localeCompare(b.order));
}

function decodedOf(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** Every request can fail with these errors. Therefore operations describe these errors only by `default`. */
const ANYWHERE = new Set([405, 408, 413, 415, 417, 431]);
const ERROR = '/components/schemas/Error';

type Wrong = (what: string) => never;

/**
 * Checks a request and its response against the document. A refused request may violate the document, but its
 * response must not. @throws Error with the operation and the violated part of the document. The message contains no
 * value.
 */
export function checkExchange(exchange: Exchange): void {
  const { method, status, passedOn = false } = exchange;
  const [path = '', search = ''] = exchange.path.split('?');
  const found = findOperation(method, path);
  const name = found ? `${found.operation.value.operationId} (${method} ${found.operation.template})` : method;
  const wrong: Wrong = (what) => {
    throw new Error(`openapi.yaml: ${name} ${status}: ${what}`);
  };

  if (found === undefined) {
    if (passedOn) return;
    if (![401, 404, 405].includes(status)) wrong('the operation is undocumented');
    if (status === 405 && !exchange.responseHeaders.has('allow')) wrong('the answer has no header Allow');
    checkError(exchange, ERROR, wrong);
    return;
  }
  if (passedOn) wrong('the path belongs to the gateway, so the request must not be passed on');

  const { operation, params } = found;
  if (status < 300) {
    checkParameters(operation, params, new URLSearchParams(search), wrong);
    checkRequestBody(operation, exchange, wrong);
    const signedIn = Object.keys(exchange.requestHeaders).some((header) => /^(x-)?authorization$/i.test(header));
    if (operation.value.security === undefined && !signedIn) wrong('a request without a token was answered');
  }
  checkAnswer(operation, exchange, wrong);
}

/** Returns a `fetch` function for a client. The function checks all requests and responses against the document. */
export function checkedFetch(fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const requestBody = request.body === null ? undefined : await request.clone().text();
    const response = await fetch(request);
    const { pathname, search } = new URL(request.url);
    checkExchange({
      method: request.method,
      path: pathname + search,
      requestHeaders: Object.fromEntries(request.headers),
      requestBody,
      status: response.status,
      responseHeaders: response.headers,
      responseText: await response.clone().text(),
    });
    return response;
  };
}

function checkParameters(
  operation: FoundOperation,
  params: Record<string, string>,
  query: URLSearchParams,
  wrong: Wrong,
): void {
  const described = parametersOf(operation);
  for (const { at, value } of described) {
    const given = value.in === 'path' ? [params[value.name]!] : query.getAll(value.name);
    if (given.length === 0) {
      if (value.required === true) wrong(`a request without the parameter ${value.name} was accepted`);
      continue;
    }
    const problem = problemWith(parameterValue(given, schemaType(at, value.schema)), pointer(at, 'schema'));
    if (problem !== undefined) wrong(`parameter ${value.name}: ${problem}`);
  }
}

function schemaType(at: string, schema: Schema): unknown {
  return resolved<Schema>({ at: pointer(at, 'schema'), value: schema }).value.type;
}

function parameterValue(given: string[], type: unknown): unknown {
  const [first = ''] = given;
  if (type === 'array') return given.flatMap((text) => text.split(',').map((one) => one.trim()));
  // Python clients write True and False.
  if (type === 'boolean') return { true: true, false: false }[first.toLowerCase()] ?? first;
  return type === 'integer' ? Number(first) : first;
}

function checkRequestBody(operation: FoundOperation, { requestHeaders, requestBody }: Exchange, wrong: Wrong): void {
  const described = requestBodyOf(operation);
  // Some clients send `{}` instead of an empty body.
  if (described === undefined) return;
  const text = requestBody === undefined ? '' : Buffer.from(requestBody).toString();
  if (text === '') {
    if (described.value.required === true) wrong('a request without a body was accepted');
    return;
  }
  const header = Object.entries(requestHeaders).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const bodies = bodiesOf(described);
  // If the document allows only a JSON body, the gateway accepts any content type.
  const body = bodyOf(bodies, header) ?? (bodies.length === 1 ? bodies[0] : undefined);
  if (body === undefined) wrong('a body of an undocumented content type was accepted');
  const value = body.type === 'application/json' ? jsonOf(text) : text;
  const problem = problemWith(value, pointer(body.at, 'schema'));
  if (problem !== undefined) wrong(`request body ${body.type}: ${problem}`);
}

function checkAnswer(operation: FoundOperation, exchange: Exchange, wrong: Wrong): void {
  const { method, status, responseHeaders, responseText } = exchange;
  const responses = responsesOf(operation);
  const exact = responses.get(String(status));
  const response = exact ?? responses.get('default');
  if (response === undefined || (exact === undefined && status < 500 && !ANYWHERE.has(status))) {
    wrong('the status is undocumented');
  }
  const bodies = bodiesOf(response);
  const type = responseHeaders.get('content-type');
  if (bodies.length === 0) {
    if (responseText !== '' || type !== null) wrong('the answer must be empty');
    if (responseHeaders.get('content-length') !== '0') wrong('an empty answer must have Content-Length: 0');
    return;
  }
  const body = bodyOf(bodies, type ?? undefined);
  if (body === undefined) wrong('the answer has an undocumented content type');
  if (method === 'HEAD') return;
  if (status >= 400) {
    checkError(exchange, pointer(body.at, 'schema'), wrong);
    return;
  }
  const value = body.type === 'application/json' ? jsonOf(responseText) : responseText;
  if (value === undefined) wrong('the answer is not JSON');
  const problem = problemWith(value, pointer(body.at, 'schema'));
  if (problem !== undefined) wrong(`answer: ${problem}`);
}

function checkError({ method, status, responseHeaders, responseText }: Exchange, at: string, wrong: Wrong): void {
  if (mediaOf(responseHeaders.get('content-type') ?? '') !== 'application/json') wrong('an error must be JSON');
  if (method === 'HEAD') return;
  const json = jsonOf(responseText);
  const problem = problemWith(json, at);
  if (problem !== undefined) wrong(`error: ${problem}`);
  const error = json as { status: number; instance: string };
  if (error.status !== status) wrong('the error has another status');
  if (error.instance !== responseHeaders.get('x-request-id')) wrong('the error has the id of another request');
}

function bodyOf<Body extends { type: string }>(bodies: readonly Body[], header = ''): Body | undefined {
  const media = mediaOf(header);
  return bodies.find(({ type }) => type === media) ?? bodies.find(({ type }) => type === '*/*');
}

function mediaOf(header: string): string {
  return header.split(';')[0]!.trim().toLowerCase();
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unescaped(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

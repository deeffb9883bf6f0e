// What a route of the REST interface is: a method, a path, and what is done for a caller who is known.
import type { Incoming } from '../http/exchange.ts';
import type { Json } from '../primitives/json.ts';
import type { Sensitive } from '../sensitive.ts';
import type { EarlyServices, Services } from '../session/services.ts';
import type { Cell } from './csv.ts';

export interface RestRequest {
  /** What stands in the places of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly incoming: Incoming;
}

/** A request of somebody who is known. */
export interface SignedInRequest extends RestRequest {
  /** Of the caller. */
  readonly services: Services;
}

/** A request that reads secrets by name, and does nothing before that. */
export interface EarlyRequest extends RestRequest {
  /** Of the caller; how it stands is told by the statement that reads the secrets. */
  readonly services: EarlyServices;
}

/** What is answered, with status 200: nothing (an empty body), a text as it is, a table, or anything else as JSON. */
export type RestAnswer = undefined | Plain | Csv | AnyJson | object | boolean;

/** `text/plain`, byte for byte. A secret's value leaves in this way only. */
export class Plain {
  readonly text: string | Sensitive;
  constructor(text: string | Sensitive) {
    this.text = text;
  }
}

/** A table, sent while it is read, no faster than the caller takes it. What fails in the middle of it cuts the answer. */
export class Csv {
  readonly filename: string;
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<Cell[][]>;
  constructor(filename: string, columns: readonly string[], rows: AsyncIterable<Cell[][]>) {
    this.filename = filename;
    this.columns = columns;
    this.rows = rows;
  }
}

/** Any JSON, a text or null included: never the empty body. */
export class AnyJson {
  readonly json: Json;
  constructor(json: Json) {
    this.json = json;
  }
}

type Handle<Request> = (request: Request) => Promise<RestAnswer>;

export interface RestRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/api`, as OpenAPI writes it: `/secrets/{key}`. */
  readonly path: string;
  /** The path parameter that has an argument of the service, by the service's name of that argument, where the two names differ. */
  readonly inPath?: Readonly<Record<string, string>>;
  /** Without asking who it is, or for a caller who is known. */
  readonly open?: Handle<RestRequest>;
  readonly handle?: Handle<SignedInRequest>;
  /** The same where secrets are read by name before anything else is done. */
  readonly early?: Handle<EarlyRequest>;
}

const method =
  (name: RestRoute['method']) =>
  (path: string, handle: Handle<SignedInRequest>, inPath: RestRoute['inPath'] = {}): RestRoute => ({
    method: name,
    path,
    handle,
    inPath,
  });

const earlyMethod =
  (name: RestRoute['method']) =>
  (path: string, early: Handle<EarlyRequest>): RestRoute => ({ method: name, path, early });

export const earlyGet = earlyMethod('GET');
export const earlyPost = earlyMethod('POST');
export const get = method('GET');
export const put = method('PUT');
export const post = method('POST');
export const remove = method('DELETE');

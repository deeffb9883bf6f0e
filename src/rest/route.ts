// A route of the REST interface: a method, a path, and the function that answers.
import type { Incoming } from '../http/exchange.ts';
import type { Json } from '../primitives/json.ts';
import { MOST_PER_PAGE, type Page, type PageRequest } from '../primitives/pages.ts';
import type { Sensitive } from '../sensitive.ts';
import type { Session } from '../session/session.ts';
import type { Csv } from './csv.ts';

export interface RestRequest {
  /** The parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly incoming: Incoming;
}

export interface SessionRequest extends RestRequest {
  readonly session: Session;
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
  /** Answers any request. The token is not verified. A route has either this or `handle`. */
  readonly open?: Handle<RestRequest>;
  /** Answers a request whose session is confirmed. */
  readonly handle?: Handle<SessionRequest>;
  /** True if `handle` first reads secrets by name: the statement that reads them confirms the session. */
  readonly confirmedByRead?: boolean;
}

const method =
  (name: RestRoute['method']) =>
  (path: string, handle: Handle<SessionRequest>, inPath: RestRoute['inPath'] = {}): RestRoute => ({
    method: name,
    path,
    handle,
    inPath,
  });

export const get = method('GET');
export const put = method('PUT');
export const post = method('POST');
export const remove = method('DELETE');

export const confirmedByRead = (route: RestRoute): RestRoute => ({ ...route, confirmedByRead: true });

/** Reads all pages of a list, for answers without pages. */
export async function allPages<Node>(list: (page: PageRequest) => Promise<Page<Node>>): Promise<Node[]> {
  const all: Node[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: Page<Node> = await list({ first: MOST_PER_PAGE, after });
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

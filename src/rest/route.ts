// Defines the type of a REST route: an HTTP method, a path, and a function that answers requests.
import type { Incoming } from '../http/exchange.ts';
import type { Json } from '../primitives/json.ts';
import { MOST_PER_PAGE, type Page, type PageRequest } from '../primitives/pages.ts';
import type { Sensitive } from '../sensitive.ts';
import type { Session } from '../session/session.ts';
import type { Csv } from './csv.ts';

export interface RestRequest {
  /** The decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly incoming: Incoming;
}

export interface SessionRequest extends RestRequest {
  readonly session: Session;
}

/**
 * The content of an answer with status 200. The gateway sends undefined as an empty body, `Plain` as plain text, `Csv` as a CSV table, and every
 * other value as JSON.
 */
export type RestAnswer = undefined | Plain | Csv | AnyJson | object | boolean;

/**
 * An answer with the content type `text/plain`. The gateway does not change the text. INVARIANT: `/secrets/{key}` returns a secret value only as a
 * `Plain` answer.
 */
export class Plain {
  readonly text: string | Sensitive;
  constructor(text: string | Sensitive) {
    this.text = text;
  }
}

/** An answer that can be any JSON value. The gateway also sends strings and null as JSON, never as an empty body. */
export class AnyJson {
  readonly json: Json;
  constructor(json: Json) {
    this.json = json;
  }
}

type Handle<Request> = (request: Request) => Promise<RestAnswer>;

export interface RestRoute {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** The path below `/api`, in the notation of OpenAPI. Example: `/secrets/{key}`. */
  readonly path: string;
  /**
   * The name of the path parameter for an argument of the service, if the two names differ. Error messages contain the name of the path parameter.
   */
  readonly inPath?: Readonly<Record<string, string>>;
  /** Answers a request without verifying a token. A route defines either `open` or `handle`. */
  readonly open?: Handle<RestRequest>;
  /** Answers a request after the gateway confirmed the session's entitlements. */
  readonly handle?: Handle<SessionRequest>;
  /** True if `handle` begins with reading or listing secrets. The SQL statement that reads the secrets then also confirms the session's entitlements. */
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

/** Reads all pages of a list, for paths that return the complete list in one answer. Each page has the full budget of a request. */
export async function allPages<Node>(
  { budget }: Pick<Session, 'budget'>,
  list: (page: PageRequest) => Promise<Page<Node>>,
): Promise<Node[]> {
  const all: Node[] = [];
  let after: string | null = null;
  do {
    budget.renew();
    const { nodes, pageInfo }: Page<Node> = await list({ first: MOST_PER_PAGE, after });
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
}

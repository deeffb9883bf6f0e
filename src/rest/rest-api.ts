// The REST interface for Conductor's clients. The REST interface calls the same services as the GraphQL interface, and makes no access decisions of
// its own.
import findMyWay, { type HTTPMethod } from 'find-my-way';
import type { Conductor } from '../config.ts';
import { BadInput, NotFound } from '../errors.ts';
import { HttpError, type Incoming, type Outgoing, type Route } from '../http/exchange.ts';
import { interpretationsOf } from '../http/upstream-path.ts';
import type { SignIn } from '../identity/sign-in.ts';
import { Sensitive } from '../sensitive.ts';
import type { Session, Sessions } from '../session/session.ts';
import { applicationRoutes } from './application-routes.ts';
import { authorizationRoutes } from './authorization-routes.ts';
import { type Behind, forwardRequest } from './conductor/forward-request.ts';
import { moduleRoutes } from './conductor/module-routes.ts';
import { Csv, csvLines } from './csv.ts';
import { environmentRoutes } from './environment-routes.ts';
import { groupRoutes } from './group-routes.ts';
import { notFound } from './not-found.ts';
import { payloadRoutes } from './payload-routes.ts';
import { restRefusal } from './refusal.ts';
import { reportRoutes } from './report-routes.ts';
import { roleRoutes } from './role-routes.ts';
import { AnyJson, Plain, type RestAnswer, type RestRoute } from './route.ts';
import { secretRoutes } from './secret-routes.ts';
import { tagRoutes } from './tag-routes.ts';
import { tokenRoutes } from './token-routes.ts';
import { userRoutes } from './user-routes.ts';

export interface RestDeps {
  sessions: Sessions;
  signIn: SignIn;
  /**
   * The Conductor server. Requests are forwarded to this server, unless the path is one of the gateway's own paths. Undefined if no Conductor server
   * is configured.
   */
  conductor: Pick<Behind, 'forward' | 'tasks'> | undefined;
  /** What happens to definitions whose references to secrets have problems. The default is `refuse`. */
  check?: Conductor['check'];
  /** Which program runs HTTP tasks with secrets. The default is `engine`. */
  httpTasks?: Conductor['httpTasks'];
  /**
   * The own routes that are served, such as `GET /secrets`, if a browser signs in by a cookie. All other own routes are refused, and so are requests
   * of workers for tasks. Undefined: all routes are served.
   */
  only?: ReadonlySet<string> | undefined;
}

/**
 * Matches the gateway's own paths. A request for such a path, or for a path below such a path, is never forwarded to the Conductor server. The
 * pattern also matches paths that the Conductor server could interpret as one of these paths, such as `/secrets.json`, or a path that decodes to
 * `/secrets?…`.
 */
const OWN =
  /^\/(secrets|secrets-v2|token|users|groups|applications|auth|roles|environment|payloads|reports|conductor|tasks\/update-secret|metadata\/tags|metadata\/(workflow|task|taskdefs)\/[^/]+\/tags)(?![A-Za-z0-9_-])/i;

const IS_ASCII = /^\p{ASCII}*$/u;

/**
 * Matches the path segments that identify the gateway's own paths. Below `/tasks`, the second segment identifies a path. Below `/metadata`, the
 * second and the fourth segment identify a path. For all other paths, the first segment identifies a path.
 */
const FIXED = /^\/(?:tasks\/([^/]*)|metadata\/([^/]*)(?:\/[^/]*\/([^/]*))?|([^/]*))/i;

function isOwn(reading: string): boolean {
  const path = reading.slice('/api'.length);
  // INVARIANT: the gateway forwards a path only if the identifying segments are ASCII. A server can convert non-ASCII letters and dashes to ASCII,
  // and the path could then become one of the gateway's own paths.
  return OWN.test(path) || (FIXED.exec(path)?.slice(1) ?? []).some((segment = '') => !IS_ASCII.test(segment));
}

/** All routes of the REST interface. openapi.yaml describes one operation for each route. */
export function restRoutes(signIn: SignIn): RestRoute[] {
  return [
    ...tokenRoutes(signIn),
    ...secretRoutes,
    ...environmentRoutes,
    ...tagRoutes,
    ...authorizationRoutes,
    ...userRoutes,
    ...groupRoutes,
    ...applicationRoutes,
    ...roleRoutes,
    ...payloadRoutes,
    ...reportRoutes,
    ...moduleRoutes,
  ];
}

/** The HTTP routes for `/api` and all paths below `/api`. */
export function restApi({
  sessions,
  signIn,
  conductor,
  check = 'refuse',
  httpTasks = 'engine',
  only,
}: RestDeps): Route[] {
  const behind = conductor && { ...conductor, check, httpTasks, polls: only === undefined };
  const router = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 10_000 });
  const fixed = new Set<string>();
  const isFixed = (path: string) => fixed.has(plain(path));
  for (const route of restRoutes(signIn)) {
    if (!route.path.includes('{')) fixed.add(route.path);
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    router.on(route.method, path, () => {}, route);
  }
  const find = (method: string, path: string) => {
    const found = router.find(method as HTTPMethod, path);
    // A fixed path, such as `/secrets/v2`, allows only the methods of its own routes. A route with a parameter, such as `/secrets/{key}`, must not
    // answer a request for a fixed path with any other method.
    const isOther = found !== null && (found.store as RestRoute).path.includes('{') && isFixed(path);
    return isOther ? null : found;
  };

  const handle = async (incoming: Incoming): Promise<Outgoing> => {
    const path = incoming.path.slice('/api'.length) || '/';
    const found = find(incoming.method, path);
    const route = found?.store as RestRoute | undefined;
    if (found === null || route === undefined) return elsewhere(incoming, path);
    if (only !== undefined && !only.has(`${route.method} ${route.path}`)) {
      await (await sessions.of(incoming)).confirm();
      throw new HttpError(403, 'FORBIDDEN', 'This path is served only on the port of the REST API.');
    }
    incoming.template = `/api${route.path}`;
    const params = found.params as Record<string, string>;
    try {
      if (route.open !== undefined) return answer(await route.open(new RestCall(params, incoming, undefined)));
      const session = await sessions.of(incoming);
      const handle = async () => route.handle?.(new RestCall(params, incoming, session));
      if (route.confirmedByRead) return answer(await session.confirmedByRead(handle));
      await session.confirm();
      return answer(await handle());
    } catch (error) {
      throw atParameter(error, route, params);
    }
  };

  /**
   * Handles a request for which no route exists. The gateway forwards the request to the Conductor server under two conditions: a Conductor server is
   * configured, and the path is not one of the gateway's own paths.
   */
  const elsewhere = async (incoming: Incoming, path: string): Promise<Outgoing> => {
    const session = await sessions.of(incoming);
    await session.confirm();
    const allowed = METHODS.filter((method) => find(method, path) !== null);
    if (allowed.length > 0) {
      const allow = allowed.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
      throw new HttpError(405, 'BAD_REQUEST', `Method not allowed. Allowed methods: ${allow}.`, { allow });
    }
    // INVARIANT: a request is forwarded only if no interpretation of its path by the Conductor server is one of the gateway's own paths.
    const readings = behind === undefined || path === '/' ? [] : interpretationsOf(incoming.path);
    if (behind === undefined || path === '/' || readings.some(isOwn)) {
      throw new HttpError(404, 'NOT_FOUND', 'The requested path does not exist.');
    }
    incoming.template = '/api/* passed on';
    return forwardRequest(incoming, readings, session, behind);
  };

  return ['/api', '/api/*'].map((path) => ({ path, methods: { '*': handle }, refuse: restRefusal }));
}

/** Converts a path to the form that the router compares: decoded, and without a slash at the end. */
function plain(path: string): string {
  const bare = path.endsWith('/') ? path.slice(0, -1) : path;
  try {
    return bare.includes('%') ? decodeURIComponent(bare) : bare;
  } catch {
    return bare;
  }
}

class RestCall<S extends Session | undefined> {
  readonly params: Readonly<Record<string, string>>;
  readonly incoming: Incoming;
  readonly session: S;
  constructor(params: Readonly<Record<string, string>>, incoming: Incoming, session: S) {
    this.params = params;
    this.incoming = incoming;
    this.session = session;
  }
  // The gateway parses the query string only on demand, because most routes never read the query string.
  get query(): URLSearchParams {
    return this.incoming.query;
  }
}

/**
 * Converts an error of a service if the error names an argument that the gateway read from the path. A converted BadInput names the path parameter.
 * The message of a converted NotFound contains the id from the path.
 */
function atParameter(error: unknown, { inPath = {} }: RestRoute, params: Readonly<Record<string, string>>): unknown {
  if (error instanceof NotFound) {
    const id = params[error.field ?? ''] ?? params.id ?? params.key ?? params.name;
    return notFound(error.kind, ...(id === undefined ? Object.values(params) : [id]));
  }
  const parameter = error instanceof BadInput ? inPath[error.field ?? ''] : undefined;
  return parameter === undefined ? error : new BadInput(parameter, (error as BadInput).expected);
}

const METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const;

function answer(given: RestAnswer): Outgoing {
  if (given === undefined) return { status: 200, headers: {}, body: '' };
  if (given instanceof Plain) {
    const body = given.text instanceof Sensitive ? given.text.expose() : given.text;
    return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
  }
  if (given instanceof Csv) {
    const headers = {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="${given.filename}"`,
    };
    return { status: 200, headers, body: csvLines(given) };
  }
  const json = given instanceof AnyJson ? given.json : given;
  return { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(json) };
}

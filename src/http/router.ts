import { type Handler, HttpError, type Route } from './exchange.ts';

/** Returns the handler of a route for a method. If the route or the handler does not exist, the returned handler throws HttpError 404 or 405. */
export function handlerFor(route: Route | undefined, method = ''): Handler {
  const refuse =
    (...error: ConstructorParameters<typeof HttpError>) =>
    async () => {
      throw new HttpError(...error);
    };
  if (!route) return refuse(404, 'NOT_FOUND', 'The requested path does not exist.');
  const any = route.methods['*'];
  if (any) return any;
  const handler = route.methods[method] ?? (method === 'HEAD' ? route.methods.GET : undefined);
  if (handler && Object.hasOwn(route.methods, method === 'HEAD' && !route.methods.HEAD ? 'GET' : method))
    return handler;
  const allowed = Object.keys(route.methods);
  if (route.methods.GET && !route.methods.HEAD) allowed.push('HEAD');
  const allow = allowed.join(', ');
  return refuse(405, 'BAD_REQUEST', `Method not allowed. Allowed methods: ${allow}.`, { allow });
}

/**
 * Returns a function that finds the route for a path. If no route has exactly this path, the function finds the longest route that ends in `*` and
 * matches the path.
 */
export function router(routes: readonly Route[]): (path: string) => Route | undefined {
  const exact = new Map(routes.filter(({ path }) => !path.endsWith('/*')).map((route) => [route.path, route]));
  const below = routes
    .filter(({ path }) => path.endsWith('/*'))
    .map((route) => ({ route, prefix: route.path.slice(0, -1) }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  return (path) => exact.get(path) ?? below.find(({ prefix }) => path.startsWith(prefix))?.route;
}

import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { SignIn } from '../identity/sign-in.ts';
import type { EarlyServices, Services } from '../session/services.ts';

/** What resolvers are given. A plain object: Apollo Server copies it. */
export interface Context {
  requestId: string;
  /** The caller's address. */
  address: string;
  method: string;
  signIn: SignIn;
  /** The services of whoever is signed in, once that was found out. @throws Unauthenticated, Unavailable: what came of the request's token */
  signedIn: () => Services;
  /** To be awaited before each root field of a query: finds out, once, who asks and how they stand. */
  found: () => Promise<void>;
  /**
   * To be awaited before each root field of a mutation: finds out anew who asks and how they stand now. A mutation takes as long as
   * its caller makes it, and what was revoked meanwhile holds for the fields still to come.
   */
  asAtPresent: () => Promise<void>;
  /**
   * In the place of `found`, for a root field that reads secrets by name and does nothing before that: how the caller stands is told by
   * the statement that reads them. @throws Unauthenticated, Unavailable, and whatever `work` throws
   */
  early: <T>(work: (services: EarlyServices) => Promise<T>) => Promise<T>;
  /** A secret by name, read so; what is asked of it below is answered as the caller stood then. */
  secretNamed: EarlyServices['secretReader']['find'];
  /** The services of the bearer of a token, for the answer to the sign-in that made it. */
  servicesOf: (token: string) => Promise<Services>;
  /** Whoever signed in within this request, by the root field that did it. */
  signedInBy: Map<string | number, Services>;
}

/** Has all that is below a root field answered as to the one who just signed in by it, who is not the caller of the request. */
export function seenBy(services: Services, context: Context, info: GraphQLResolveInfo): void {
  context.signedInBy.set(rootOf(info), services);
}

/** `resolve`, asked by whoever signed in by the root field above, if that was a sign-in; else by the caller of the request. */
export function askedByViewer(resolve: GraphQLFieldResolver<unknown, Context>): GraphQLFieldResolver<unknown, Context> {
  return (source, args, context, info) => {
    const services = context.signedInBy.size === 0 ? undefined : context.signedInBy.get(rootOf(info));
    return resolve(source, args, services ? { ...context, signedIn: () => services } : context, info);
  };
}

/** `resolve`, once it is known who asks. */
export function askedOnceFound(
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return async (source, args, context, info) => {
    await context.found();
    return resolve(source, args, context, info);
  };
}

/** `resolve`, once it is known how the caller stands at present. */
export function askedAtPresent(
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLFieldResolver<unknown, Context> {
  return async (source, args, context, info) => {
    await context.asAtPresent();
    return resolve(source, args, context, info);
  };
}

/** The name in the answer of the root field that a field is below. */
function rootOf({ path }: GraphQLResolveInfo): string | number {
  let at = path;
  while (at.prev) at = at.prev;
  return at.key;
}

import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { SignIn } from '../identity/sign-in.ts';
import type { Services } from '../services.ts';

/** What resolvers are given. A plain object: Apollo Server copies it. */
export interface Context {
  requestId: string;
  /** The caller's address. */
  address: string;
  method: string;
  signIn: SignIn;
  /** The services of whoever is signed in. @throws Unauthenticated, Unavailable: what came of the request's token */
  signedIn: () => Services;
  /**
   * To be awaited before each root field of a mutation: finds out anew who asks and how they stand now. A mutation takes as long as
   * its caller makes it, and what was revoked meanwhile holds for the fields still to come.
   */
  asAtPresent: () => Promise<void>;
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

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
  /** The services of the bearer of a token, for the answer to the sign-in that made it. */
  servicesOf: (token: string) => Promise<Services>;
}

const viewers = new WeakMap<object, Services>();

/** Has the fields of `object` answered as to the one who just signed in, who is not yet the caller of the request. */
export function seenBy<T extends object>(services: Services, object: T): T {
  viewers.set(object, services);
  return object;
}

/** The services by which the fields of `object` are answered. */
export function viewerOf(object: object, context: Context): Services {
  return viewers.get(object) ?? context.signedIn();
}

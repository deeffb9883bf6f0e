// Creates the context of GraphQL resolvers, and confirms the entitlements of the session before root fields.
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import type { Incoming } from '../http/exchange.ts';
import type { SignIn } from '../identity/sign-in.ts';
import type { Sensitive } from '../sensitive.ts';
import type { Session, Sessions } from '../session/session.ts';

/** The context of the resolvers. The context must be a plain object, because Apollo Server copies the context. */
export interface Context {
  session: Session;
  signIn: SignIn;
  request: Pick<Incoming, 'requestId' | 'address' | 'method' | 'budget'>;
  sessions: Sessions;
  /** The sessions that sign-in fields of this request created, by the response name of the sign-in field. */
  signedIn: Map<string | number, Session>;
}

export interface ContextDeps {
  sessions: Sessions;
  signIn: SignIn;
}

export function contextFor({ sessions, signIn }: ContextDeps): (incoming: Incoming) => Promise<Context> {
  return async (incoming) => ({
    session: await sessions.of(incoming),
    signIn,
    request: incoming,
    sessions,
    signedIn: new Map(),
  });
}

type Resolve = GraphQLFieldResolver<unknown, Context>;

const CONFIRM_THEMSELVES = new WeakSet<object>();

/** Marks a root field that runs without a confirmed session, because signing in needs no token. */
export function withoutSession<Field extends object>(resolve: Field): Field {
  CONFIRM_THEMSELVES.add(resolve);
  return resolve;
}

/**
 * Marks a root field of a query whose resolver begins with reading or listing secrets. The SQL statement that reads the secrets also confirms the
 * caller's entitlements.
 */
export function confirmedByRead<Source, Args, Result>(
  resolve: (source: Source, args: Args, context: Context, info: GraphQLResolveInfo) => Promise<Result>,
): typeof resolve {
  return withoutSession((source, args, context, info) =>
    context.session.confirmedByRead(async () => resolve(source, args, context, info)),
  );
}

/**
 * Confirms the caller's entitlements once for a query, and again before each root field of a mutation. If a root field of a mutation revokes access,
 * the revocation applies to all following root fields of the mutation.
 */
export function rootField(typeName: 'Query' | 'Mutation', resolve: Resolve): Resolve {
  if (CONFIRM_THEMSELVES.has(resolve)) return resolve;
  return async (source, args, context, info) => {
    await (typeName === 'Mutation' ? context.session.recheck() : context.session.confirm());
    return resolve(source, args, context, info);
  };
}

/** Wraps the resolver of a field below a sign-in field. The resolver receives the session of the principal that signed in. */
export function fieldBelow(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const session = context.signedIn.size === 0 ? undefined : context.signedIn.get(rootOf(info));
    return resolve(source, args, session === undefined ? context : { ...context, session }, info);
  };
}

/** Returns the session of a token that this request issued. The gateway resolves all fields below the sign-in field with this session. */
export async function signedInSession(token: Sensitive, context: Context, info: GraphQLResolveInfo): Promise<Session> {
  const { request, sessions, signedIn } = context;
  const { requestId, address, budget } = request;
  const session = await sessions.of({
    requestId,
    address,
    budget,
    headers: { authorization: `Bearer ${token.expose()}` },
  });
  await session.confirm();
  signedIn.set(rootOf(info), session);
  return session;
}

/** Returns the response name of the root field that contains a field. */
function rootOf({ path }: GraphQLResolveInfo): string | number {
  let at = path;
  while (at.prev) at = at.prev;
  return at.key;
}

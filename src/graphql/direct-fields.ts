import type { GraphQLFieldResolver } from 'graphql';

type Resolver = GraphQLFieldResolver<unknown, unknown>;
/** The result or the error of a root field that was called before graphql-js. */
export type Outcome = PromiseSettledResult<unknown>;
type Arguments = Readonly<Record<string, unknown>>;

const DIRECT = new WeakMap<object, { resolve: Resolver; isDirect: (args: Arguments) => boolean }>();

/**
 * Marks the resolvers of fields below the root that only read: without graphql-js, `direct-execution.ts` calls these resolvers with an undefined
 * `info`. If an error occurs, graphql-js calls the resolvers again. `isDirect` restricts the mark to calls with some arguments.
 */
export function direct<Fields extends object>(
  fields: Fields,
  isDirect: (args: Arguments) => boolean = () => true,
): Fields {
  for (const resolve of Object.values(fields)) DIRECT.set(resolve, { resolve, isDirect });
  return fields;
}

/** Copies the mark of a resolver to a wrapper of the resolver, and returns the wrapper. A direct execution calls the resolver without the wrapper. */
export function keepDirect<Wrapper extends object>(resolve: object, wrapper: Wrapper): Wrapper {
  const mark = DIRECT.get(resolve);
  if (mark !== undefined) DIRECT.set(wrapper, mark);
  return wrapper;
}

/** Returns the marked resolver, or undefined if the resolver is not marked for calls with these arguments. */
export function directResolver(resolve: object, args: Arguments): Resolver | undefined {
  const mark = DIRECT.get(resolve);
  return mark?.isDirect(args) ? mark.resolve : undefined;
}

/** The root value of an execution by graphql-js whose root field was already called. */
export class CalledBefore {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

/** Wraps the resolver of a root field of a query. The resolver is not called again if the root value has the outcome of an earlier call. */
export function calledOnce<Context>(resolve: GraphQLFieldResolver<unknown, Context>): typeof resolve {
  return (source, args, context, info) => {
    if (!(source instanceof CalledBefore)) return resolve(source, args, context, info);
    const { outcome } = source;
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

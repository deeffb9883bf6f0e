import { type GraphQLFieldResolver, type GraphQLResolveInfo, responsePathAsArray } from 'graphql';

type Resolver = GraphQLFieldResolver<unknown, unknown>;
/** The result or the error of a resolver that was called before graphql-js. The result can be a promise. */
export type Outcome = PromiseSettledResult<unknown>;
/**
 * The outcomes of the calls that graphql-js must not repeat, by the place of the field in the answer. A place consists of response names, such as
 * `secret.value`.
 */
export type Outcomes = ReadonlyMap<string, Outcome>;
type Arguments = Readonly<Record<string, unknown>>;

/** A resolver that a direct execution can call. */
export interface DirectResolver {
  readonly resolve: Resolver;
  /** True if a call may have an effect, such as an audit event. INVARIANT: one request makes such a call once. */
  readonly mayHaveEffect: boolean;
}

const DIRECT = new WeakMap<object, { resolve: Resolver; hasEffect: (args: Arguments) => boolean }>();

/**
 * Marks the resolvers of fields below the root. Without graphql-js, `direct-execution.ts` calls marked resolvers with an undefined `info`. If an error
 * occurs, graphql-js calls the resolvers again, except for calls with an effect. `hasEffect` returns whether a call with these arguments has an effect.
 */
export function direct<Fields extends object>(
  fields: Fields,
  hasEffect: (args: Arguments) => boolean = () => false,
): Fields {
  for (const resolve of Object.values(fields)) DIRECT.set(resolve, { resolve, hasEffect });
  return fields;
}

/** Copies the mark of a resolver to a wrapper of the resolver, and returns the wrapper. A direct execution calls the resolver without the wrapper. */
export function keepDirect<Wrapper extends object>(resolve: object, wrapper: Wrapper): Wrapper {
  const mark = DIRECT.get(resolve);
  if (mark !== undefined) DIRECT.set(wrapper, mark);
  return wrapper;
}

/**
 * Returns the marked resolver for a call with these arguments, or undefined if the resolver is not marked. If the arguments are not yet known, the call
 * may have an effect.
 */
export function directResolver(resolve: object, args: Arguments | undefined): DirectResolver | undefined {
  const mark = DIRECT.get(resolve);
  return mark && { resolve: mark.resolve, mayHaveEffect: args === undefined || mark.hasEffect(args) };
}

/** The root value of an execution by graphql-js after a direct execution. */
export class CalledBefore {
  readonly outcomes: Outcomes;
  constructor(outcomes: Outcomes) {
    this.outcomes = outcomes;
  }
}

/** Wraps the resolver of a field. If the direct execution already called the resolver at the same place, the resolver is not called again. */
export function calledOnce<Context>(resolve: GraphQLFieldResolver<unknown, Context>): typeof resolve {
  return (source, args, context, info) => {
    const outcome = outcomeOf(info);
    if (outcome === undefined) return resolve(source, args, context, info);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
}

function outcomeOf({ rootValue, path }: GraphQLResolveInfo): Outcome | undefined {
  return rootValue instanceof CalledBefore ? rootValue.outcomes.get(responsePathAsArray(path).join('.')) : undefined;
}

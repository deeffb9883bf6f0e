// Two routes answer GraphQL requests. The cached route answers a request if the request has no error and its document is in the document cache.
// Apollo Server answers all other requests: new documents, GET, and every request with an error before execution. The cached route needs less than
// half of the CPU time of Apollo Server: ADR 21 has the measurement.
import type { Incoming, Outgoing } from '../http/exchange.ts';
import type { Body } from './body.ts';

export interface GraphQLRequest<Context> {
  readonly incoming: Incoming;
  readonly body: Body;
  /** Returns the same promise at each call. @throws GatewayError if the caller is rejected */
  context(): Promise<Context>;
}

export interface Route<Context> {
  /**
   * Returns undefined if the route cannot answer the request. INVARIANT: if the route returns undefined, the route executed no part of the operation.
   */
  answer(request: GraphQLRequest<Context>): Promise<Outgoing | undefined>;
}

/** The answer of the first route that answers the request. */
export async function answerByFirst<Context>(
  routes: readonly Route<Context>[],
  request: GraphQLRequest<Context>,
): Promise<Outgoing> {
  for (const route of routes) {
    const answer = await route.answer(request);
    if (answer !== undefined) return answer;
  }
  throw new Error('No route answered a GraphQL request.');
}

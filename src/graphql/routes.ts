// Two routes answer GraphQL requests. The cached route answers a request if the request contains no error and the document cache contains its
// document. Apollo Server answers all other requests: requests with new documents, GET requests, and requests with an error before the execution of
// the operation. The cached route uses less than half of the CPU time of Apollo Server. ADR 21 contains the measurement.
import type { Incoming, Outgoing } from '../http/exchange.ts';
import type { Body } from './body.ts';

export interface GraphQLRequest<Context> {
  readonly incoming: Incoming;
  readonly body: Body;
  /** Returns the same promise at each call. @throws GatewayError if the gateway rejects the caller */
  context(): Promise<Context>;
}

export interface Route<Context> {
  /** Returns undefined if the route cannot answer the request. INVARIANT: a route that returns undefined executed no part of the operation. */
  answer(request: GraphQLRequest<Context>): Promise<Outgoing | undefined>;
}

/** Returns the answer of the first route that can answer the request. */
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

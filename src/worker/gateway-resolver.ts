import { type Resolver, UnexpectedAnswer } from '../conductor/resolve-input.ts';
import { type Gateway, GatewayUnavailable } from './gateway.ts';
import { withTaskPointers } from './gateway-errors.ts';

/** Resolves references through the gateway's REST API. */
export function gatewayResolver(gateway: Gateway): Resolver {
  return {
    resolve: (payload, input) => gateway.resolve(payload, input),
    errorAt: (error, places) =>
      error instanceof UnexpectedAnswer
        ? new GatewayUnavailable('The gateway sent an unexpected answer.')
        : withTaskPointers(error, places),
  };
}

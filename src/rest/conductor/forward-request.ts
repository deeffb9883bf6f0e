// Forwards one request to the Conductor server. Depending on the kind of the request, the gateway checks or cleans the body first, and fills in or
// masks the answer.
import { HttpError, type Incoming, type Outgoing } from '../../http/exchange.ts';
import type { Upstream } from '../../http/upstream.ts';
import type { Session } from '../../session/session.ts';
import { definitionsOf, passDefinitionsOn } from '../passed-definitions.ts';
import { classify } from './forwarded-requests.ts';

/**
 * Forwards a request of the session. `interpretations` are the possible interpretations of the request's path. None of them is one of the gateway's
 * own paths. @throws HttpError; Unavailable
 */
export async function forwardRequest(
  incoming: Incoming,
  interpretations: readonly string[],
  session: Session,
  upstream: Pick<Upstream, 'forward'>,
): Promise<Outgoing> {
  const request = classify(incoming.method, interpretations);
  if (request === undefined) {
    throw new HttpError(
      400,
      'BAD_REQUEST',
      'This path is not forwarded, because two servers could interpret the path differently.',
    );
  }
  const kind = definitionsOf(incoming.method, interpretations);
  if (kind !== undefined) return passDefinitionsOn(incoming, kind, session, upstream.forward);
  return upstream.forward(incoming, session.principal);
}

// Who asks, in one request: the token is verified at once, and how they stand is found out when it matters.

import { forOneRequest } from '../database/request-statements.ts';
import { BadInput, Unauthenticated, Unavailable } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';
import type { Bearer } from '../identity/authenticate.ts';
import { outsideId } from '../primitives/ids.ts';
import type { EntitlementCache } from '../principals/entitlement-cache.ts';
import type { Entitlements } from '../principals/principal.ts';
import { type EarlyServices, type Outside, type Services, servicesFor } from './services.ts';

export interface Asker {
  /** Their services, as they stand at a moment after the call. @throws Unauthenticated, Unavailable */
  services(): Promise<Services>;
  /**
   * Runs `work`, which reads secrets by name and does nothing before that: the statement that reads them tells how the asker stands.
   * @throws Unauthenticated, Unavailable, and whatever `work` throws
   */
  early<T>(work: (services: EarlyServices) => Promise<T>): Promise<T>;
  /** Their services as they stood at the moment at which a secret was read by `early`. */
  servicesAsOf(entitlements: Entitlements): Services;
}

export interface AskerNeeds {
  entitlementCache: EntitlementCache;
  outside: Outside;
  /** Told the outside id of whoever asks, once it is known that they may. */
  onKnown: (id: string) => void;
}

export function askerFor(bearer: Bearer, { entitlementCache, outside: shared, onKnown }: AskerNeeds): Asker {
  const outside = { ...shared, database: forOneRequest(shared.database) };
  const known = () => onKnown(outsideId(bearer.presented.kind, bearer.presented.id));
  const servicesAs = (entitlements: Entitlements) => servicesFor({ ...bearer, entitlements }, outside);
  let presumed: Promise<Services> | undefined;
  let latest: Services | undefined;

  return {
    async services() {
      const entitlements = await entitlementCache.confirmed(bearer.presented);
      known();
      return servicesAs(entitlements);
    },

    async early(work) {
      presumed ??= entitlementCache.presumed(bearer.presented).then(servicesAs);
      latest = await presumed;
      try {
        const result = await work(latest);
        known();
        return result;
      } catch (error) {
        // What is wrong with a request is told to those only who may ask at all.
        if (error instanceof BadInput || error instanceof HttpError) await entitlementCache.confirmed(bearer.presented);
        if (!(error instanceof Unauthenticated) && !(error instanceof Unavailable)) known();
        throw error;
      }
    },

    servicesAsOf(entitlements) {
      if (latest?.authorizer.entitlements !== entitlements) latest = servicesAs(entitlements);
      return latest;
    },
  };
}

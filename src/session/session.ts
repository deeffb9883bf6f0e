// Who asks, in one request: the token is verified at once, and how they stand is found out when it matters.
import type { Bearer } from '../access/authorizer.ts';
import type { Standing } from '../access/policy.ts';
import { forOneRequest } from '../database/request-statements.ts';
import { BadInput, Unauthenticated, Unavailable } from '../errors.ts';
import { HttpError } from '../http/exchange.ts';
import { outsideId } from '../primitives/ids.ts';
import type { Standings } from '../principals/entitlements.ts';
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
  servicesAsOf(standing: Standing): Services;
}

export interface AskerNeeds {
  standings: Standings;
  outside: Outside;
  /** Told the outside id of whoever asks, once it is known that they may. */
  onKnown: (id: string) => void;
}

export function askerFor(bearer: Bearer, { standings, outside: shared, onKnown }: AskerNeeds): Asker {
  const outside = { ...shared, database: forOneRequest(shared.database) };
  const known = () => onKnown(outsideId(bearer.presented.kind, bearer.presented.id));
  const servicesAs = (standing: Standing) => servicesFor({ ...bearer, standing }, outside);
  let presumed: Promise<Services> | undefined;
  let latest: Services | undefined;

  return {
    async services() {
      const standing = await standings.confirmed(bearer.presented);
      known();
      return servicesAs(standing);
    },

    async early(work) {
      presumed ??= standings.presumed(bearer.presented).then(servicesAs);
      latest = await presumed;
      try {
        const result = await work(latest);
        known();
        return result;
      } catch (error) {
        // What is wrong with a request is told to those only who may ask at all.
        if (error instanceof BadInput || error instanceof HttpError) await standings.confirmed(bearer.presented);
        if (!(error instanceof Unauthenticated) && !(error instanceof Unavailable)) known();
        throw error;
      }
    },

    servicesAsOf(standing) {
      if (latest?.access.standing !== standing) latest = servicesAs(standing);
      return latest;
    },
  };
}

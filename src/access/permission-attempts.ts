// Grants and revokes access for one caller, in one statement after one read. See docs/adr/0036.
import { changedAsOf, type Decided, type ReadAsOf } from '../audit/change-attempts.ts';
import type { Turn } from '../concurrency/queues.ts';
import type { Database } from '../database/client.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Authorizer } from './authorizer.ts';
import {
  checkGrant,
  decideGrant,
  decideRevocation,
  type GrantsToChange,
  type PermissionRequest,
  requireGrantable,
  type SecretOfGrant,
} from './grant-decisions.ts';
import { objectOfGrants } from './grant-kind.ts';
import { MOST_GRANTS } from './permission-changes.ts';
import type { PermissionService } from './permission-service.ts';
import { findSubjectWithGrants, waitForGrants } from './permission-store.ts';

interface Entitled extends ReadAsOf<Decided<unknown>> {
  authorizer: Authorizer;
}

/** The part of a session that changes grants. See `ChangingSession` in src/secrets/secret-changes.ts. */
export interface GrantingSession {
  entitledToChange(isFresh: boolean): Promise<Entitled | undefined>;
  readToChange(
    name: string,
    needed: { access: 'UPDATE'; withValue: false },
    isFresh: boolean,
  ): Promise<(Entitled & { secret: SecretOfGrant | undefined }) | undefined>;
  turnToChange(object: string): Promise<Turn>;
  recheck(): Promise<void>;
  /** @throws Error before the entitlements are confirmed */
  readonly permissions: PermissionService;
}

/**
 * These methods do the same as the methods of `PermissionService` with these names. They need no confirmed session, and confirm the session. A method
 * that cannot make the change calls the method of `PermissionService`, which locks the rows and decides by the same rules.
 */
export type PermissionAttempts = Pick<PermissionService, 'grant' | 'revoke'>;

export function permissionAttempts({
  session,
  database,
  clock,
}: {
  session: GrantingSession;
  database: Database;
  clock: Clock;
}): PermissionAttempts {
  /** Returns undefined if only `PermissionService` can decide about the change. */
  const read = async (
    { subject: ref, target }: PermissionRequest,
    isFresh: boolean,
  ): Promise<(GrantsToChange & Entitled) | undefined> => {
    let entitled = await session.entitledToChange(isFresh);
    let secret: SecretOfGrant | null = null;
    if (entitled !== undefined && !entitled.authorizer.isAdmin) {
      if (target.kind !== 'SECRET') return undefined;
      const found = await session.readToChange(target.text, { access: 'UPDATE', withValue: false }, isFresh);
      if (found?.secret === undefined) return undefined;
      entitled = found;
      secret = found.secret;
    }
    const subject = entitled && (await findSubjectWithGrants(database.prepared, ref, target));
    if (entitled === undefined || subject === undefined) return undefined;
    const { held, ...entry } = subject;
    // The statement cannot exclude that another statement adds a grant at the same moment.
    if (held.length >= MOST_GRANTS - 1) return undefined;
    const { authorizer, commit } = entitled;
    const raisesEpoch = target.kind === 'TAG';
    return { authorizer, commit, secret, subject: entry, target, held, raisesEpoch, now: clock.now() };
  };

  const attempt = <T>(
    request: PermissionRequest,
    decide: (data: GrantsToChange) => Decided<T>,
  ): Promise<T | undefined> =>
    changedAsOf<GrantsToChange & Entitled, Decided<T>>({
      read: (isFresh) => read(request, isFresh),
      decide,
      turnFor: ({ target }) => session.turnToChange(objectOfGrants(target)),
      wait: ({ subject, target }) => waitForGrants(database, subject, target),
    });

  const locking = async (): Promise<PermissionService> => {
    await session.recheck();
    return session.permissions;
  };

  return {
    async grant(request) {
      const checked = checkGrant(request);
      return (await attempt(request, (data) => decideGrant(data, checked))) ?? (await locking()).grant(request);
    },

    async revoke(request) {
      requireGrantable(request);
      const left = await attempt(request, (data) => decideRevocation(data, request));
      return left === undefined ? (await locking()).revoke(request) : left;
    },
  };
}

import { Forbidden, NotFound } from '../errors.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Entitlements } from '../principals/principal.ts';
import {
  type AccessPath,
  accessTo,
  gives,
  holds,
  isVisible,
  maySeeAll,
  type SecretLabels,
  subjectsOf,
} from './policy.ts';

/** Decides from a principal's entitlements which operations the principal may do. */
export interface Authorizer {
  readonly entitlements: Entitlements;
  readonly isAdmin: boolean;
  /** Whether the principal has ADMIN or AUDITOR. */
  readonly seesAll: boolean;
  /** The UUIDs of the subjects whose grants the principal has: the principal's own UUID, and the UUIDs of its groups. */
  readonly subjects: readonly Uuid[];
  /** Whether the principal has one of these roles. */
  holds(...roles: Role[]): boolean;
  paths(secret: SecretLabels): AccessPath[];
  /** Whether the principal sees that the secret exists. */
  sees(secret: SecretLabels): boolean;
  allows(access: Access, secret: SecretLabels): boolean;
  /**
   * Returns the secret if the principal has this access to the secret. The argument must be the stored secret with its stored labels, or undefined if
   * the secret does not exist.
   * @throws NotFound if the secret does not exist or the principal does not see the secret. A missing secret and a hidden secret cause equal errors.
   * @throws Forbidden if the principal sees the secret but does not have the access
   */
  require<Secret extends SecretLabels>(access: Access, secret: Secret | undefined, field: string): Secret;
  /** @throws Forbidden unless the caller has one of these roles */
  requireRole(message: string, ...roles: Role[]): void;
}

/**
 * The UUIDs of the groups that a principal sees. Most principals see only the groups that they are in. Null means that the principal sees all groups.
 */
export function visibleGroups({ seesAll, entitlements }: Authorizer): readonly Uuid[] | null {
  return seesAll ? null : entitlements.groups.map((group) => group.id);
}

/** The authorizers of entitlements that are still in memory. Most requests of a principal use the same object with entitlements. */
const authorizers = new WeakMap<Entitlements, { clock: Clock; authorizer: Authorizer }>();

export function authorizerFor(entitlements: Entitlements, clock: Clock): Authorizer {
  const known = authorizers.get(entitlements);
  if (known?.clock === clock) return known.authorizer;
  const authorizer = makeAuthorizer(entitlements, clock);
  authorizers.set(entitlements, { clock, authorizer });
  return authorizer;
}

function makeAuthorizer(entitlements: Entitlements, clock: Clock): Authorizer {
  const paths = (secret: SecretLabels) => accessTo(entitlements, secret, clock.now());
  return {
    entitlements,
    isAdmin: holds(entitlements, 'ADMIN'),
    seesAll: maySeeAll(entitlements),
    subjects: subjectsOf(entitlements),
    holds: (...roles) => holds(entitlements, ...roles),
    paths,
    sees: (secret) => isVisible(paths(secret)),
    allows: (access, secret) => gives(paths(secret), access),
    require(access, secret, field) {
      if (secret === undefined) throw new NotFound('secret', field);
      const held = paths(secret);
      if (!isVisible(held)) throw new NotFound('secret', field);
      if (!gives(held, access)) throw new Forbidden(`Requires ${access} on the secret.`, field);
      return secret;
    },
    requireRole(message, ...roles) {
      if (!holds(entitlements, ...roles)) throw new Forbidden(message);
    },
  };
}

import { Forbidden, NotFound } from '../errors.ts';
import type { Access, Role } from '../generated/vocabulary.ts';
import type { Clock } from '../primitives/clock.ts';
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

/** Decides what one principal may do, by its entitlements. */
export interface Authorizer {
  readonly entitlements: Entitlements;
  readonly isAdmin: boolean;
  /** ADMIN or AUDITOR. */
  readonly seesAll: boolean;
  /** UUIDs that grants to the caller may name: its own, and those of its groups. */
  readonly subjects: readonly string[];
  holds(...roles: Role[]): boolean;
  paths(secret: SecretLabels): AccessPath[];
  /** Whether the caller sees the secret at all. */
  sees(secret: SecretLabels): boolean;
  allows(access: Access, secret: SecretLabels): boolean;
  /**
   * The secret, about which the caller has this access. About a stored secret with the labels it has. `undefined` stands for one that is not there.
   * @throws NotFound if there is none or none the caller may see: never told apart
   * @throws Forbidden if the caller sees it and has no such access
   */
  require<Secret extends SecretLabels>(access: Access, secret: Secret | undefined, field: string): Secret;
  /** @throws Forbidden unless the caller has one of these roles */
  requireRole(message: string, ...roles: Role[]): void;
}

/** The groups (UUIDs) that show to a caller: those that it is in; null for all. */
export function visibleGroups({ seesAll, entitlements }: Authorizer): readonly string[] | null {
  return seesAll ? null : entitlements.groups.map((group) => group.id);
}

export function authorizerFor(entitlements: Entitlements, clock: Clock): Authorizer {
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
      if (!gives(held, access)) throw new Forbidden(`This needs ${access} on the secret.`, field);
      return secret;
    },
    requireRole(message, ...roles) {
      if (!holds(entitlements, ...roles)) throw new Forbidden(message);
    },
  };
}

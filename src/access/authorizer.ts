import type { AuditLog } from '../audit/audit-log.ts';
import { Forbidden, NotFound } from '../errors.ts';
import type { Access as AccessName, Role } from '../generated/vocabulary.ts';
import type { Payload } from '../identity/jwt.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Presented } from '../principals/entitlement-store.ts';
import {
  type AccessPath,
  accessTo,
  gives,
  holds,
  isVisible,
  maySeeAll,
  type SecretLabels,
  type Standing,
  subjectsOf,
} from './policy.ts';

/** Whoever a request's token stands for, from where, in which request. How they stand is not known by that. */
export interface Bearer {
  presented: Presented;
  /** What the token says. */
  claims: Payload;
  requestId: string;
  address: string;
}

/** Who asks, and how they stand. */
export interface Caller extends Bearer {
  standing: Standing;
}

/** Somebody doing something: what they may do, and how it is recorded. */
export interface Acting {
  access: Access;
  audit: AuditLog;
}

/** What one caller may do, in one request. */
export interface Access {
  readonly standing: Standing;
  readonly isAdmin: boolean;
  /** ADMIN or AUDITOR. */
  readonly seesAll: boolean;
  /** UUIDs that grants to the caller may name: its own, and those of its groups. */
  readonly subjects: readonly string[];
  holds(...roles: Role[]): boolean;
  paths(secret: SecretLabels): AccessPath[];
  /** Whether the caller sees the secret at all. */
  sees(secret: SecretLabels): boolean;
  allows(access: AccessName, secret: SecretLabels): boolean;
  /**
   * The secret, about which the caller has this access. About a stored secret with the labels it has. `undefined` stands for one that is not there.
   * @throws NotFound if there is none or none the caller may see: never told apart
   * @throws Forbidden if the caller sees it and has no such access
   */
  require<Secret extends SecretLabels>(access: AccessName, secret: Secret | undefined, field: string): Secret;
  /** @throws Forbidden unless the caller has one of these roles */
  requireRole(message: string, ...roles: Role[]): void;
}

/** The groups (UUIDs) that show to a caller: those that it is in; null for all. */
export function visibleGroups({ seesAll, standing }: Access): readonly string[] | null {
  return seesAll ? null : standing.groups.map((group) => group.id);
}

export function accessFor(standing: Standing, clock: Clock): Access {
  const paths = (secret: SecretLabels) => accessTo(standing, secret, clock.now());
  return {
    standing,
    isAdmin: holds(standing, 'ADMIN'),
    seesAll: maySeeAll(standing),
    subjects: subjectsOf(standing),
    holds: (...roles) => holds(standing, ...roles),
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
      if (!holds(standing, ...roles)) throw new Forbidden(message);
    },
  };
}

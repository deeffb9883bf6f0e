import type { Permission } from '../../access/permission.ts';
import type { Access, NearMissReason } from '../../generated/vocabulary.ts';
import type { Near } from './near-miss-store.ts';

/** A grant that comes close to allowing something, and what it lacks. */
export interface NearMiss {
  permission: Permission;
  reason: NearMissReason;
  /** One sentence for a person. */
  message: string;
}

const SAID = {
  PRINCIPAL_INACTIVE: () => 'This grant would allow it, but the principal is not active.',
  EXPIRED: ({ permission }) => `This grant expired at ${permission.expiresAt?.toISOString()}.`,
  OTHER_ACCESS: ({ permission }, access) => `This grant gives ${permission.access.join(', ')}, and not ${access}.`,
  NOT_A_MEMBER: ({ groupName }) => `This grant is to the group ${groupName}, which the principal is not in.`,
  SECRET_LACKS_TAG: ({ permission }) =>
    `This grant is for secrets with the tag ${permission.target.text}; the secret has to have it.`,
} satisfies Record<NearMissReason, (near: Near, access: Access) => string>;

export function toNearMiss(near: Near, access: Access): NearMiss {
  const { permission, reason } = near;
  return { permission, reason, message: SAID[reason](near, access) };
}

import type { Permission } from '../../access/permission.ts';
import type { Access, NearMissReason } from '../../generated/vocabulary.ts';
import type { NearGrant } from './near-miss-store.ts';

/** A grant that nearly gives an access, and the reason why the grant does not give this access. */
export interface NearMiss {
  permission: Permission;
  reason: NearMissReason;
  /** A sentence for people that explains what is missing. */
  message: string;
}

const MESSAGES = {
  PRINCIPAL_INACTIVE: () => 'This grant gives the access, but the principal is not active.',
  EXPIRED: ({ permission }) => `This grant expired at ${permission.expiresAt?.toISOString()}.`,
  OTHER_ACCESS: ({ permission }, access) => `This grant gives ${permission.access.join(', ')}, not ${access}.`,
  NOT_A_MEMBER: ({ groupName }) =>
    `This grant is to the group ${groupName}. The principal is not a member of this group.`,
  SECRET_LACKS_TAG: ({ permission }) =>
    `This grant is on the tag ${permission.target.text}. The secret does not have this tag.`,
} satisfies Record<NearMissReason, (near: NearGrant, access: Access) => string>;

export function toNearMiss(near: NearGrant, access: Access): NearMiss {
  const { permission, reason } = near;
  return { permission, reason, message: MESSAGES[reason](near, access) };
}

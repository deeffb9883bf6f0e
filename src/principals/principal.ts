import type { Access, Role } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

export type SubjectKind = 'USER' | 'GROUP' | 'APPLICATION';

/** The kinds of subjects of grants. A role has grants only on resources of a workflow engine, never on a tag or a secret. */
export type GranteeKind = SubjectKind | 'ROLE';

export interface GroupRef {
  id: Uuid;
  name: string;
}

/** A role of a principal. `group` is the group through which the principal has the role, or null if the role is assigned to the principal itself. */
export interface HeldRole {
  role: Role;
  group: GroupRef | null;
}

/** A grant to the principal itself or to one of its groups. */
export interface Grant {
  id: Uuid;
  access: Access[];
  /** The granted tag, as `key:value`. Null if the grant is on a secret's name. */
  tag: TagText | null;
  /** The group that has the grant; null for a grant to the principal itself. */
  group: GroupRef | null;
  expiresAt: Date | null;
}

/**
 * The entitlements of an active principal: its roles, its groups and its grants on tags. The entitlements decide which access the principal has. An
 * inactive principal has no entitlements.
 */
export interface Entitlements {
  kind: 'USER' | 'APPLICATION';
  /** UUID. */
  id: Uuid;
  /** The username of a user, or the name of an application. */
  name: string;
  roles: HeldRole[];
  groups: GroupRef[];
  tagGrants: Grant[];
}

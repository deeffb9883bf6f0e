import type { Access, Role } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

export type SubjectKind = 'USER' | 'GROUP' | 'APPLICATION';

/** Grants to a role are only on resources of a workflow engine, never on a tag or a secret. */
export type GranteeKind = SubjectKind | 'ROLE';

export interface GroupRef {
  id: Uuid;
  name: string;
}

/** A role of a principal. `group` is the group that has the role; null if the role is assigned to the principal itself. */
export interface HeldRole {
  role: Role;
  group: GroupRef | null;
}

/** A grant to the principal itself or to one of its groups. */
export interface Grant {
  id: Uuid;
  access: Access[];
  /** `key:value` of the granted tag; null for a grant on a secret's name. */
  tag: TagText | null;
  /** The group that has the grant; null for a grant to the principal itself. */
  group: GroupRef | null;
  expiresAt: Date | null;
}

/** The facts that decide the access of an active principal: roles, groups and grants on tags. An inactive principal has no entitlements. */
export interface Entitlements {
  kind: 'USER' | 'APPLICATION';
  /** UUID. */
  id: Uuid;
  /** A user's username, an application's name. */
  name: string;
  roles: HeldRole[];
  groups: GroupRef[];
  tagGrants: Grant[];
}

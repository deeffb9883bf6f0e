// Assigns roles by name, because Conductor's clients identify roles by name. A name is either the name of one of the gateway's own roles, or the name
// of a custom role, which only workflow engines use.
import type { Transaction } from '../database/client.ts';
import { BadInput } from '../errors.ts';
import type { Role } from '../generated/vocabulary.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { SubjectKind } from './principal.ts';
import { isRole } from './role.ts';
import * as store from './role-store.ts';

const MOST_ROLES = 200;

export interface NamedRoles {
  roles: Role[];
  /** Custom roles. The rows of these roles are locked, so no other transaction deletes the roles before this transaction ends. */
  custom: store.CustomRole[];
}

/** Finds the roles with these names. @throws BadInput that names the first item of `field` that is not the name of a role */
export async function namedRoles(tx: Transaction, names: readonly string[], field: string): Promise<NamedRoles> {
  if (names.length > MOST_ROLES) throw new BadInput(field, `at most ${MOST_ROLES} roles`);
  const others = names.filter((name) => !isRole(name));
  const custom = others.length === 0 ? [] : await store.lockCustomRoles(tx, others);
  const customNames = new Set(custom.map((role) => role.name));
  names.forEach((name, i) => {
    if (!isRole(name) && !customNames.has(name)) throw new BadInput(`${field}.${i}`, 'the name of an existing role');
  });
  return { roles: [...new Set(names.filter(isRole))], custom };
}

/** Replaces all roles of a user, group or application, including custom roles. Returns the names of the added and removed roles. */
export async function setNamedRoles(
  tx: Transaction,
  subject: { kind: SubjectKind; id: Uuid },
  { roles, custom }: NamedRoles,
  now: Date,
): Promise<{ added: string[]; removed: string[] }> {
  const ownChanges = await store.setRoles(tx, subject, roles, now);
  const customChanges = await store.setCustomRoles(tx, subject, custom, now);
  return {
    added: [...ownChanges.added, ...customChanges.added],
    removed: [...ownChanges.removed, ...customChanges.removed],
  };
}

/** Removes all roles of a deleted user, group or application. */
export async function endRoles(tx: Transaction, subject: { kind: SubjectKind; id: Uuid }, now: Date): Promise<void> {
  await setNamedRoles(tx, subject, { roles: [], custom: [] }, now);
}

// Roles as clients of Conductor give them: by names, some of which mean something here and some of which are kept for workflow engines.

import type { Transaction } from '../database/client.ts';
import { BadInput } from '../errors.ts';
import type { Role } from '../generated/vocabulary.ts';
import type { SubjectKind } from './principal.ts';
import { isRole } from './role.ts';
import * as store from './role-store.ts';

const MOST_ROLES = 200;

export interface NamedRoles {
  roles: Role[];
  /** Those that decide nothing here. They are not deleted before the transaction ends. */
  custom: store.CustomRole[];
}

/** The roles of these names. @throws BadInput naming the first of `field` that there is not */
export async function namedRoles(tx: Transaction, names: readonly string[], field: string): Promise<NamedRoles> {
  if (names.length > MOST_ROLES) throw new BadInput(field, `at most ${MOST_ROLES}`);
  const others = names.filter((name) => !isRole(name));
  const custom = others.length === 0 ? [] : await store.lockCustomRoles(tx, others);
  const known = new Set(custom.map((role) => role.name));
  names.forEach((name, i) => {
    if (!isRole(name) && !known.has(name)) throw new BadInput(`${field}.${i}`, 'the name of a role that there is');
  });
  return { roles: [...new Set(names.filter(isRole))], custom };
}

/** Makes these all the roles of a subject, of either kind, and tells by name what changed. */
export async function setNamedRoles(
  tx: Transaction,
  subject: { kind: SubjectKind; id: string },
  { roles, custom }: NamedRoles,
  now: Date,
): Promise<{ added: string[]; removed: string[] }> {
  const ours = await store.setRoles(tx, subject, roles, now);
  const theirs = await store.setCustomRoles(tx, subject, custom, now);
  return { added: [...ours.added, ...theirs.added], removed: [...ours.removed, ...theirs.removed] };
}

/** Takes all its roles from a subject that is deleted. */
export async function endRoles(tx: Transaction, subject: { kind: SubjectKind; id: string }, now: Date): Promise<void> {
  await setNamedRoles(tx, subject, { roles: [], custom: [] }, now);
}

import { ACCESSES } from '../access/policy.ts';
import { BadInput } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';

/** A group of principals. Each member of the group has the permissions and roles of the group. */
export interface Group {
  /** UUID. */
  id: Uuid;
  name: string;
  description: string | null;
  defaultAccess: DefaultAccess | null;
  createdAt: Date;
}

/**
 * Types of resources for which a group can have default accesses. The type of secrets is not in the list, because a default access never gives access
 * to a secret.
 */
const DEFAULT_ACCESS_TYPES: readonly string[] = ['WORKFLOW_DEF', 'TASK_DEF', 'WORKFLOW_SCHEDULE'];

/**
 * For each type of resource, the accesses that a group receives to the resources that its members create. The gateway stores these accesses for
 * workflow engines. The gateway itself does not use these accesses for its decisions.
 */
export type DefaultAccess = Readonly<Record<string, readonly string[]>>;

/** Checks that `json` is an object with a list of accesses for each type of resource. @throws BadInput that names `field` */
export function defaultAccess(json: unknown, field: string): DefaultAccess {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new BadInput(
      field,
      `an object with the JSON fields ${DEFAULT_ACCESS_TYPES.join(', ')}, each with a list of accesses`,
    );
  for (const [type, accesses] of Object.entries(json)) {
    if (!DEFAULT_ACCESS_TYPES.includes(type))
      throw new BadInput(field, `only the JSON fields ${DEFAULT_ACCESS_TYPES.join(', ')}`);
    const areAccesses = Array.isArray(accesses) && accesses.every((access) => ACCESSES.includes(access));
    if (!areAccesses || new Set(accesses).size < accesses.length)
      throw new BadInput(`${field}.${type}`, `a list of ${ACCESSES.join(', ')}, without duplicates`);
  }
  return json as DefaultAccess;
}

import { ACCESSES } from '../access/policy.ts';
import { BadInput } from '../errors.ts';
import type { Uuid } from '../primitives/ids.ts';

/** Principals that hold permissions and roles together. */
export interface Group {
  /** UUID. */
  id: Uuid;
  name: string;
  description: string | null;
  defaultAccess: DefaultAccess | null;
  createdAt: Date;
}

/** Types of resources that can have default accesses. Secrets are not in the list: access to secrets is always granted. */
const DEFAULT_ACCESS_TYPES: readonly string[] = ['WORKFLOW_DEF', 'TASK_DEF', 'WORKFLOW_SCHEDULE'];

/** Accesses of a group to resources that its members create, by type of resource. Stored for workflow engines; the gateway does not decide by them. */
export type DefaultAccess = Readonly<Record<string, readonly string[]>>;

/** Checks default accesses: an object with a list of accesses for each type of resource. @throws BadInput naming `field` */
export function defaultAccess(json: unknown, field: string): DefaultAccess {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new BadInput(
      field,
      `an object with the members ${DEFAULT_ACCESS_TYPES.join(', ')}, each with a list of accesses`,
    );
  for (const [type, accesses] of Object.entries(json)) {
    if (!DEFAULT_ACCESS_TYPES.includes(type))
      throw new BadInput(field, `only the members ${DEFAULT_ACCESS_TYPES.join(', ')}`);
    const areAccesses = Array.isArray(accesses) && accesses.every((access) => ACCESSES.includes(access));
    if (!areAccesses || new Set(accesses).size < accesses.length)
      throw new BadInput(`${field}.${type}`, `a list of ${ACCESSES.join(', ')}, without duplicates`);
  }
  return json as DefaultAccess;
}

import { ACCESSES } from '../access/policy.ts';
import { BadInput } from '../errors.ts';

/** Principals that hold permissions and roles together. */
export interface Group {
  /** UUID. */
  id: string;
  name: string;
  description: string | null;
  defaultAccess: DefaultAccess | null;
  createdAt: Date;
}

/** On these, an engine may give a group accesses to what its members make. Secrets are not among them: accesses to those are granted. */
const MADE_BY_MEMBERS: readonly string[] = ['WORKFLOW_DEF', 'TASK_DEF', 'WORKFLOW_SCHEDULE'];

/** Accesses by type of resource. Kept for workflow engines; gives nothing here. */
export type DefaultAccess = Readonly<Record<string, readonly string[]>>;

/** @throws BadInput naming `field` unless it is an object of types of resources with lists of accesses */
export function defaultAccess(json: unknown, field: string): DefaultAccess {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new BadInput(field, `an object of ${MADE_BY_MEMBERS.join(', ')}, each with a list of accesses`);
  for (const [type, accesses] of Object.entries(json)) {
    if (!MADE_BY_MEMBERS.includes(type)) throw new BadInput(field, `nothing but ${MADE_BY_MEMBERS.join(', ')}`);
    const known = Array.isArray(accesses) && accesses.every((one) => ACCESSES.includes(one));
    if (!known || new Set(accesses).size < accesses.length)
      throw new BadInput(`${field}.${type}`, `a list of ${ACCESSES.join(', ')}, each once at most`);
  }
  return json as DefaultAccess;
}

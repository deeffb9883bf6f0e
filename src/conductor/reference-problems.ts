// Builds error messages about references that the gateway cannot resolve. The messages become the failure reason of a task.
import type { SecretPlace } from './definition.ts';

/** A reference that was not resolved. The object has the secret's name and the places of the reference, and never a secret value. */
export interface RefusedReference {
  name: string;
  pointers: readonly string[];
  problem: string;
  /** The reference that the author of the definition probably meant. */
  suggestion?: string | undefined;
}

const PROBLEMS: Record<string, string> = {
  NOT_FOUND: 'the secret does not exist, or the application may not use the secret',
  EXPIRED: 'the secret has expired',
  NOT_JSON: 'the secret value is not JSON',
  NO_FIELD: 'the path does not exist in the secret value',
  MALFORMED: 'the reference is malformed',
  ARCHIVED: 'the value is archived',
};

/**
 * Converts JSON Pointers in the request for resolving to JSON Pointers in the task's input. The pointer `/places/N` belongs to the place N of
 * `places`.
 */
export function atPlaces(
  references: readonly RefusedReference[],
  places: readonly SecretPlace[],
): (RefusedReference & { pointers: string[] })[] {
  return references.map((reference) => ({
    ...reference,
    pointers: [
      ...new Set(
        reference.pointers.flatMap(
          (pointer) => places[Number(/^\/places\/(\d+)/.exec(pointer)?.[1] ?? Number.NaN)]?.pointer ?? [],
        ),
      ),
    ],
  }));
}

/** Returns one clause that describes all references. The pointers must refer to the task's input. */
export function described(references: readonly RefusedReference[]): string {
  return references
    .map(({ name, pointers, problem, suggestion }) => {
      const at = pointers.length > 0 ? ` at ${pointers.join(', ')}` : '';
      const instead = suggestion === undefined ? '' : `; write ${suggestion}`;
      return `${name}${at} (${PROBLEMS[problem] ?? problem}${instead})`;
    })
    .join('; ');
}

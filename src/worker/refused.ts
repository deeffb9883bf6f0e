import type { SecretPlace } from './definition.ts';
import { Away, Refused } from './gateway.ts';
import { ended, failed, type Outcome } from './outcome.ts';

/** What becomes of a task with which the gateway could not help. Names references, never values. */
export function refused(error: unknown): Outcome {
  if (error instanceof Away) return failed(error.message);
  if (error instanceof Unresolved) return ended(`Unresolved references: ${error.message}.`);
  if (error instanceof Refused) {
    const reason = `${error.code} (HTTP ${error.status}): ${error.message}`;
    // Somebody else was faster: the next time it may be right.
    return error.status === 409 ? failed(reason) : ended(reason);
  }
  // Not foreseen, and so nothing is told of it.
  return failed('The worker failed.');
}

/** References that the gateway does not resolve for this application, by the places in the task's input where they stand. */
export class Unresolved extends Error {}

const WORDS: Record<string, string> = {
  NOT_FOUND: 'there is none that this application may use',
  EXPIRED: 'it has expired',
  NOT_JSON: 'its value is no JSON',
  NO_FIELD: 'it has no such field',
  MALFORMED: 'it is not well-formed',
  ARCHIVED: 'it was archived',
};

/** `error`, told by the places of a task instead of those of what was sent to the gateway. */
export function atPlaces(error: unknown, places: readonly SecretPlace[]): unknown {
  if (!(error instanceof Refused) || error.references.length === 0) return error;
  const told = error.references.map(({ name, pointers, problem, suggestion }) => {
    const where = new Set(
      pointers.flatMap((pointer) => places[Number(/^\/places\/(\d+)/.exec(pointer)?.[1] ?? Number.NaN)]?.pointer ?? []),
    );
    const at = where.size > 0 ? ` at ${[...where].join(', ')}` : '';
    const instead = suggestion === undefined ? '' : `; write ${suggestion}`;
    return `${name}${at} (${WORDS[problem] ?? problem}${instead})`;
  });
  return new Unresolved(told.join('; '));
}

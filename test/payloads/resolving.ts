// Resolves references in a payload with the code of the payload service. Needs no database, because the caller passes
// the names and values of the secrets.
import type { ReferenceProblem } from '../../src/generated/vocabulary.ts';
import { findReferences, resolved, SecretValuesByName, summarized } from '../../src/payloads/references/references.ts';
import type { Json } from '../../src/primitives/json.ts';
import { Sensitive } from '../../src/sensitive.ts';

export interface Given {
  secrets: Record<string, string>;
  expired?: string[];
  input?: Json | undefined;
}

export type Outcome = { gives: Json } | { refused: string[][] };

/** Returns the resolved payload, or `[name, problem, …pointers]` of each reference that cannot be resolved. @throws BadInput */
export function resolving(payload: Json, { secrets, expired = [], input }: Given): Outcome {
  const { references } = findReferences(payload, 'payload', 'CERTAIN', input);
  const values = new SecretValuesByName(
    new Map(Object.entries(secrets).map(([name, value]) => [name, new Sensitive(value)])),
  );
  const obstacle = (name: string): ReferenceProblem | null => {
    if (expired.includes(name)) return 'EXPIRED';
    return Object.hasOwn(secrets, name) ? null : 'NOT_FOUND';
  };
  const summaries = summarized(references, ({ name, path, problem }) => {
    const early = problem ?? obstacle(name);
    if (early !== null) return early;
    const selected = values.select(name, path);
    return 'problem' in selected ? selected.problem : null;
  });
  const refused = summaries.flatMap(({ name, problem, pointers }) => (problem ? [[name, problem, ...pointers]] : []));
  return refused.length > 0 ? { refused } : { gives: resolved(payload, values, input) };
}

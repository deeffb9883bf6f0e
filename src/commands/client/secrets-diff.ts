// Compares the values of two sets of secrets, without showing a value.
import type { Revealed } from './reveal-values.ts';

/** One of the two sets: for each name under which secrets are compared, the complete name and the value. */
export type DiffSide = ReadonlyMap<string, { readonly name: string; readonly revealed: Revealed }>;

/** `UNKNOWN`: the gateway did not reveal one of the values. `ONLY_LEFT` and `ONLY_RIGHT`: the other side has no such secret. */
export type DiffState = 'SAME' | 'DIFFERENT' | 'ONLY_LEFT' | 'ONLY_RIGHT' | 'UNKNOWN';

export interface DiffRow {
  readonly name: string;
  readonly state: DiffState;
  readonly left: string | null;
  readonly right: string | null;
}

export function compareSides(left: DiffSide, right: DiffSide): DiffRow[] {
  const names = [...new Set([...left.keys(), ...right.keys()])].sort();
  return names.map((name) => {
    const [l, r] = [left.get(name), right.get(name)];
    return { name, state: stateOf(l?.revealed, r?.revealed), left: l?.name ?? null, right: r?.name ?? null };
  });
}

function stateOf(left: Revealed | undefined, right: Revealed | undefined): DiffState {
  if (right === undefined) return 'ONLY_LEFT';
  if (left === undefined) return 'ONLY_RIGHT';
  if ('code' in left || 'code' in right) return 'UNKNOWN';
  return left.value === right.value ? 'SAME' : 'DIFFERENT';
}

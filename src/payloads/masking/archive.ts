// A payload as it may be kept for good.
import { BadInput } from '../../errors.ts';
import type { Json } from '../../primitives/json.ts';
import { MASK } from '../../sensitive.ts';
import { type Masking, maskedPayload } from './masking.ts';

const MOST_FIELDS = 200;

/** Names of keys that hide what is below them: those given, and `always`. @throws BadInput naming `maskedFields` */
export function hidingKeys(maskedFields: readonly string[], always: readonly string[]): ReadonlySet<string> {
  if (maskedFields.length > MOST_FIELDS) throw new BadInput('maskedFields', `at most ${MOST_FIELDS}`);
  // INVARIANT: masking makes no key that hides, so that archiving twice is archiving once.
  if (maskedFields.some((field) => field.includes(MASK)))
    throw new BadInput('maskedFields', `names without ${MASK}, which is what masks leave`);
  return new Set([...always, ...maskedFields]);
}

/** `***` for good in the place of whatever stands below one of `keys`, and wherever else it stands. */
export function archived(payload: Json, keys: ReadonlySet<string>, spendOnForms?: Masking['spendOnForms']): Json {
  return maskedPayload(payload, { keys, values: [], spendOnForms });
}

// Prepares a payload for archiving: permanently replaces the values of JSON fields with configured names by `***`.
import { BadInput } from '../../errors.ts';
import { MASK } from '../../sensitive.ts';

const MOST_FIELDS = 200;

/**
 * Returns the names of the JSON fields whose values are masked: the names in `maskedFields` and the names in `always`. @throws BadInput naming
 * `maskedFields`
 */
export function hidingKeys(maskedFields: readonly string[], always: readonly string[]): ReadonlySet<string> {
  if (maskedFields.length > MOST_FIELDS) throw new BadInput('maskedFields', `at most ${MOST_FIELDS} names`);
  // INVARIANT: masking never produces a field name whose value must be masked. Archiving a payload twice therefore gives the same result as
  // archiving the payload once.
  if (maskedFields.some((field) => field.includes(MASK)))
    throw new BadInput('maskedFields', `field names that do not contain ${MASK}`);
  return new Set([...always, ...maskedFields]);
}

import { BadInput } from '../errors.ts';
import { isRawNumber, type Json, type JsonObject, setMember } from '../json.ts';
import { MASK } from '../sensitive.ts';

const MOST_FIELDS = 200;

/** Names of keys that hide what is below them: those given, and `always`. @throws BadInput naming `maskedFields` */
export function hidingKeys(maskedFields: readonly string[], always: readonly string[]): ReadonlySet<string> {
  if (maskedFields.length > MOST_FIELDS) throw new BadInput('maskedFields', `at most ${MOST_FIELDS}`);
  return new Set([...always, ...maskedFields]);
}

/** The payload with `***` for whatever stands under one of `keys`, at any depth; shared as far as nothing changes. */
export function withoutKeys(json: Json, keys: ReadonlySet<string>): Json {
  if (typeof json !== 'object' || json === null || isRawNumber(json)) return json;
  if (Array.isArray(json)) {
    const items = json.map((item) => withoutKeys(item, keys));
    return items.some((item, i) => item !== json[i]) ? items : json;
  }
  let changed = false;
  const members: JsonObject = {};
  for (const key of Object.keys(json)) {
    const member = (json as JsonObject)[key] as Json;
    const kept = keys.has(key) ? MASK : withoutKeys(member, keys);
    changed ||= kept !== member;
    setMember(members, key, kept);
  }
  return changed ? members : json;
}

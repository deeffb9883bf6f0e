// Splits a long part of a payload into slices, so that masking can be spread over several turns of the event loop.
import { isJsonObject, isRawNumber, type Json, type JsonObject, setMember } from '../../primitives/json.ts';
import { isHiddenWhole } from './alignment.ts';
import { free, type MaskedPart } from './masking.ts';

export interface Slices {
  readonly slices: readonly MaskedPart[];
  /** Joins the masked slices. The result shares unchanged objects and lists with the part. */
  join(masked: readonly Json[]): Json;
}

type Join = (masked: readonly Json[]) => Json;

/**
 * Splits a part into slices of about `most` characters. A single text is never split, so a slice can be longer. Masking the slices and joining the
 * results hides the same texts as masking the part. INVARIANT: the nesting of the part was checked before.
 */
export function slicesOf(part: MaskedPart, most: number): Slices {
  const slices: MaskedPart[] = [];
  const add = (slice: MaskedPart): Join => {
    const at = slices.push(slice) - 1;
    return (masked) => masked[at] as Json;
  };

  function sliced(of: MaskedPart): Join {
    const { payload, definition, keys } = of;
    if (!isLongerThan(payload, most) || isHiddenWhole(definition, payload, keys)) return add(of);
    if (Array.isArray(payload)) return list(payload, Array.isArray(definition) ? definition : undefined, keys);
    return isJsonObject(payload) ? object(payload, isJsonObject(definition) ? definition : undefined, keys) : add(of);
  }

  function list(items: Json[], definition: Json[] | undefined, keys: ReadonlySet<string>): Join {
    const joins: ((masked: readonly Json[]) => Json[])[] = [];
    for (const { start, end, isLong } of runsOf(items, most)) {
      const made = definition?.slice(start, end);
      if (isLong) {
        const join = sliced({ payload: items[start] as Json, definition: made?.[0], keys });
        joins.push((masked) => [join(masked)]);
      } else {
        const join = add({ payload: items.slice(start, end), definition: made, keys });
        joins.push((masked) => join(masked) as Json[]);
      }
    }
    return (masked) => {
      const result = joins.flatMap((join) => join(masked));
      return result.every((item, i) => item === items[i]) ? items : result;
    };
  }

  function object(members: JsonObject, definition: JsonObject | undefined, keys: ReadonlySet<string>): Join {
    const entries = Object.entries(members);
    // The value of a masked field is replaced as a whole, so its length does not count.
    const sizes = entries.map(([name, value]) => (keys.has(name) ? name : [name, value]));
    const joins: ((masked: readonly Json[]) => [string, Json][])[] = [];
    for (const { start, end, isLong } of runsOf(sizes, most)) {
      const [name, value] = entries[start] as [string, Json];
      const made = definition !== undefined && Object.hasOwn(definition, name) ? definition[name] : undefined;
      // INVARIANT: a masked field is never split from its name.
      if (isLong && !keys.has(name)) {
        const joinName = add({ payload: objectOf([[name, null]]), definition: undefined, keys });
        const join = sliced({ payload: value, definition: made, keys });
        joins.push((masked) => [[Object.keys(joinName(masked) as JsonObject)[0] as string, join(masked)]]);
      } else {
        const join = add({ payload: objectOf(entries.slice(start, end)), definition, keys });
        joins.push((masked) => Object.entries(join(masked) as JsonObject));
      }
    }
    return (masked) => {
      const result = joins.flatMap((join) => join(masked));
      const isSame = result.every(([name, value], i) => name === entries[i]?.[0] && value === entries[i]?.[1]);
      return isSame ? members : objectOf(result);
    };
  }

  const join = sliced(part);
  return { slices, join };
}

interface Run {
  start: number;
  end: number;
  /** Whether the run is a single item of more than `most` characters. */
  isLong: boolean;
}

/** Groups consecutive items into runs of at most `most` characters. */
function runsOf(items: readonly Json[], most: number): Run[] {
  const runs: Run[] = [];
  let left = 0;
  for (const [i, item] of items.entries()) {
    const size = sizeOf(item, most);
    const last = runs.at(-1);
    if (size > most) runs.push({ start: i, end: i + 1, isLong: true });
    else if (last !== undefined && !last.isLong && size <= left) last.end = i + 1;
    else runs.push({ start: i, end: i + 1, isLong: false });
    left = last !== undefined && runs.at(-1) === last ? left - size : most - size;
  }
  return runs;
}

const isLongerThan = (json: Json, most: number) => sizeOf(json, most) > most;

/** The size of a JSON value in characters, about. The count ends when it exceeds `most`. */
export function sizeOf(json: Json, most: number): number {
  if (typeof json === 'string') return 1 + json.length;
  if (typeof json !== 'object' || json === null) return 1;
  let size = 0;
  const open: Json[] = [json];
  for (let next = open.pop(); next !== undefined && size <= most; next = open.pop()) {
    size += 1;
    if (typeof next === 'string') size += next.length;
    // A long list is not copied: its items alone exceed `most`.
    else if (Array.isArray(next) && next.length > most) size += next.length;
    else if (Array.isArray(next)) for (const item of next) open.push(item);
    else if (typeof next === 'object' && next !== null && !isRawNumber(next)) {
      for (const [name, value] of Object.entries(next as JsonObject)) {
        size += name.length;
        open.push(value);
      }
    }
  }
  return size;
}

function objectOf(entries: readonly (readonly [string, Json])[]): JsonObject {
  const object: JsonObject = {};
  const taken = new Map<string, number>();
  for (const [name, value] of entries) setMember(object, free(name, object, taken), value);
  return object;
}

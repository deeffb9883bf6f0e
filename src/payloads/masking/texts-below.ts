// What is hidden in a payload by the place where it stands, to be hidden wherever else it stands as well.
import { isJsonObject, isRawNumber, type Json, parseJson, withoutMark } from '../../primitives/json.ts';
import { partsOf } from '../references/expressions.ts';
import { isHiddenWhole } from './alignment.ts';
import type { MembersIn } from './members-in-texts.ts';
import type { Room } from './room.ts';

/** UTF-16 units of a text, and digits of a number, from which on it is looked for: shorter ones are often plain words. */
const SHORTEST_BELOW = 8;
/** Keys that hide without being asked to: what stands below these is a secret before anything else is. */
const OF_SECRETS: ReadonlySet<string> = new Set(['_secrets', '_masked']);

export interface Below {
  readonly definition: Json | undefined;
  readonly keys: ReadonlySet<string>;
  /** For `keys`. */
  readonly membersIn: MembersIn;
  /** Of the texts that they can stand in. */
  readonly room: Room;
}

/**
 * Every long text and number that stands below one of `keys`, in JSON within texts as well, or that the definition takes from there as it is.
 * Not what is an expression and nothing else: it names something, and is not it. Those that are secrets come first.
 */
export function textsBelow(payload: Json, { definition, keys, membersIn, room }: Below): string[] {
  const [secrets, others] = [new Set<string>(), new Set<string>()];
  const addAll = (all: readonly Json[], texts: Set<string>) => {
    const add = (text: string) => {
      // A text with line breaks has forms without.
      if (text.length < SHORTEST_BELOW || (text.length > room.text && !/[\r\n]/.test(text))) return;
      if (!isExpression(text)) texts.add(text);
    };
    const open = [...all];
    for (let json = open.pop(); json !== undefined; json = open.pop()) {
      if (typeof json === 'string') {
        add(json);
        const parsed = /^\s*["[{]/.test(json) ? jsonOf(json) : undefined;
        if (parsed !== undefined) open.push(parsed);
      } else if (typeof json === 'number' || isRawNumber(json)) {
        const text = JSON.stringify(json);
        if (text.replace(/\D/g, '').length >= SHORTEST_BELOW) add(text);
      } else if (typeof json === 'object' && json !== null)
        for (const child of Object.values(json)) open.push(child as Json);
    }
  };
  const below = (key: string) => (OF_SECRETS.has(key) ? secrets : others);
  const walk = (json: Json, made: Json | undefined): void => {
    if (isHiddenWhole(made, json, keys)) addAll([json], secrets);
    else if (typeof json === 'string') {
      const members = membersIn(json);
      if (members === 'all') return;
      for (const { key, source } of members) {
        const member = jsonOf(source);
        if (member !== undefined) addAll(secretOnes(key, member), below(key));
      }
    } else if (Array.isArray(json)) {
      for (let i = 0; i < json.length; i++) walk(json[i] as Json, Array.isArray(made) ? made[i] : undefined);
    } else if (isJsonObject(json)) {
      for (const key of Object.keys(json)) {
        const member = json[key] as Json;
        if (keys.has(key)) addAll(secretOnes(key, member), below(key));
        else walk(member, isJsonObject(made) && Object.hasOwn(made, key) ? made[key] : undefined);
      }
    }
  };
  if (keys.size > 0 || definition !== undefined) walk(payload, definition);
  return [...secrets, ...others];
}

/** All that stands below a key, but for the name of the secret that an UPDATE_SECRET task is for: every reference to it says it. */
function secretOnes(key: string, json: Json): Json[] {
  if (key !== '_secrets' || !isJsonObject(json)) return [json];
  return Object.entries(json).flatMap(([name, member]) => (name === 'secretKey' ? [] : [member]));
}

function isExpression(text: string): boolean {
  const [only, ...more] = partsOf(text);
  return typeof only === 'object' && more.length === 0;
}

function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(withoutMark(text));
  } catch {
    return undefined;
  }
}

// What is hidden in a payload by the place where it stands, to be hidden wherever else it stands as well.
import { BadInput } from '../errors.ts';
import { isJsonObject, isRawNumber, type Json, parseJson } from '../json.ts';
import { isHiddenWhole } from './alignment.ts';
import { partsOf } from './expressions.ts';
import type { MembersIn } from './members-in-texts.ts';

/** UTF-16 units of a text, and digits of a number, from which on it is looked for: shorter ones are often plain words. */
const SHORTEST_BELOW = 8;
/** Different ones: each has some thirty forms. */
const MOST_BELOW = 2_000;

export interface Below {
  readonly definition: Json | undefined;
  readonly keys: ReadonlySet<string>;
  /** For `keys`. */
  readonly membersIn: MembersIn;
  /** Units of the longest text that they can stand in. */
  readonly longest: number;
}

/**
 * Every long text and number that stands below one of `keys`, in JSON within texts as well, or that the definition takes from there as it is.
 * Not what is an expression and nothing else: it names something, and is not it.
 * @throws BadInput naming `payload` if they are too many
 */
export function textsBelow(payload: Json, { definition, keys, membersIn, longest }: Below): string[] {
  const texts = new Set<string>();
  const add = (text: string) => {
    // A text with line breaks has forms without.
    if (text.length < SHORTEST_BELOW || (text.length > longest && !/[\r\n]/.test(text)) || isExpression(text)) return;
    if (texts.add(text).size > MOST_BELOW)
      throw new BadInput(
        'payload',
        `at most ${MOST_BELOW} different texts of ${SHORTEST_BELOW} or more characters below hidden keys`,
      );
  };
  const addAll = (all: readonly Json[]) => {
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
  const walk = (json: Json, made: Json | undefined): void => {
    if (isHiddenWhole(made, json, keys)) addAll([json]);
    else if (typeof json === 'string') {
      const members = membersIn(json);
      if (members === 'all') return;
      for (const { key, source } of members) {
        const member = jsonOf(source);
        if (member !== undefined) addAll(secretOnes(key, member));
      }
    } else if (Array.isArray(json)) {
      for (let i = 0; i < json.length; i++) walk(json[i] as Json, Array.isArray(made) ? made[i] : undefined);
    } else if (isJsonObject(json)) {
      for (const key of Object.keys(json)) {
        const member = json[key] as Json;
        if (keys.has(key)) addAll(secretOnes(key, member));
        else walk(member, isJsonObject(made) && Object.hasOwn(made, key) ? made[key] : undefined);
      }
    }
  };
  if (keys.size > 0 || definition !== undefined) walk(payload, definition);
  return [...texts];
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
    return parseJson(text);
  } catch {
    return undefined;
  }
}

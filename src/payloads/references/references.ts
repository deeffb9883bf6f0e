// References to secrets in a payload: where they stand, and their values in their places. Everything is looked at once: what is put in
// is never looked at again.
import { Buffer } from 'node:buffer';
import { BadInput } from '../../errors.ts';
import type { ReferenceProblem } from '../../generated/vocabulary.ts';
import {
  isDeeperThan,
  isJsonObject,
  isRawNumber,
  type Json,
  type JsonObject,
  jsonPointer,
  parseJson,
  setMember,
  withoutMark,
} from '../../primitives/json.ts';
import { MASK, type Sensitive } from '../../sensitive.ts';
import { MOST_LEVELS } from '../levels.ts';
import {
  type Expression,
  type Meaning,
  mayHaveExpressions,
  meaningOf,
  namesReadIn,
  type Part,
  type Path,
  partsOf,
  writtenReference,
} from './expressions.ts';

export const LIMITS = {
  depth: MOST_LEVELS,
  /** Secrets that differ. */
  names: 200,
  /** References in places, and what is told like one. */
  references: 5_000,
  /** Bytes of the JSON of what comes out. */
  result: 8 * 1_048_576,
  /** Characters of all JSON Pointers that are told: each repeats the keys above it. */
  pointers: 1_048_576,
  /** Characters of an expression that is repeated. */
  expression: 300,
} as const;

/** A reference that stands in a payload, or what should be one. */
export interface Reference {
  /** The secret's name; of what is no reference, its text. */
  readonly name: string;
  readonly path: Path;
  readonly pointer: string;
  /** What can be said without looking for the secret. */
  readonly problem: Extract<ReferenceProblem, 'MALFORMED' | 'ARCHIVED'> | null;
}

/** A payload that was gone through, and what in it refers to secrets, in order. */
export interface Found {
  readonly references: readonly Reference[];
  /** Of the secrets, each once. */
  readonly names: readonly string[];
  /** Number of expressions in the payload, about secrets or not. */
  readonly expressions: number;
}

/**
 * All references of a payload, called `field`. Places that hold `***` are among them: all, also within a text; or only those below a key
 * `_secrets`, which are archived for certain, since other texts may have `***` by themselves. So are expressions that take from such a place
 * of `input`.
 * @throws BadInput for a payload past a limit
 */
export function findReferences(payload: Json, field: string, archived: 'ALL' | 'CERTAIN', input?: Json): Found {
  const references: Reference[] = [];
  const names = new Set<string>();
  let pointers = 0;
  let expressions = 0;

  const add = (name: string, path: Path, problem: Reference['problem'], place: Path) => {
    if (references.length === LIMITS.references) throw new BadInput(field, `at most ${LIMITS.references} references`);
    const pointer = jsonPointer(place);
    pointers += pointer.length;
    if (pointers > LIMITS.pointers)
      throw new BadInput(field, 'shorter keys: the places of its references are too long');
    references.push({ name, path, pointer, problem });
  };
  walkTexts(payload, field, (text, place) => {
    if (archived === 'ALL' ? MASK_IN_TEXT.test(text) : isLost(text, place)) add(MASK, [], 'ARCHIVED', place);
    if (!mayHaveExpressions(text)) return;
    for (const part of partsOf(text)) {
      if (typeof part === 'string') continue;
      expressions++;
      const meaning = meaningOf(part);
      if (meaning.kind === 'secret') {
        if (names.add(meaning.name).size > LIMITS.names) throw new BadInput(field, `at most ${LIMITS.names} secrets`);
        add(meaning.name, meaning.path, null, place);
      } else if (meaning.kind === 'malformed') add(named(part), [], 'MALFORMED', place);
      else if (meaning.kind === 'input' && isLostIn(input, meaning.path)) add(named(part), [], 'ARCHIVED', place);
    }
  });
  return { references, names: [...names], expressions };
}

/** As masking and archiving leave it, also among other text; more stars in a row are somebody else's. */
const MASK_IN_TEXT = /(?<!\*)\*{3}(?!\*)/;

const isLost = (json: Json | undefined, place: Path) => json === MASK && place.at(-1) === '_secrets';

/** Whether the path leads to what is lost, or into it. */
function isLostIn(input: Json | undefined, path: Path): boolean {
  let value = input;
  for (const part of path) {
    if (value === undefined) return false;
    value = at(value, [part]);
    if (isLost(value, [part])) return true;
  }
  return false;
}

const named = ({ text }: Expression): string =>
  text.length > LIMITS.expression ? `${text.slice(0, LIMITS.expression)}…` : text;

/**
 * The names of all secrets in the references of a JSON value, whether a reference is well-formed or not.
 * @throws BadInput naming `field` if the value exceeds a limit
 */
export function secretNames(json: Json, field: string): Pick<Found, 'names' | 'expressions'> {
  const names = new Set<string>();
  let expressions = 0;
  walkTexts(json, field, (text) => {
    if (!mayHaveExpressions(text)) return;
    for (const part of partsOf(text)) {
      if (typeof part === 'string') continue;
      expressions++;
      const { kind } = meaningOf(part);
      if (kind !== 'secret' && kind !== 'malformed') continue;
      for (const name of namesReadIn(part))
        if (names.add(name).size > LIMITS.names) throw new BadInput(field, `at most ${LIMITS.names} secrets`);
    }
  });
  return { names: [...names], expressions };
}

/** @throws BadInput naming `field` if it is nested too deeply */
export function checkShape(json: Json, field: string): void {
  walkTexts(json, field, () => {});
}

/** Visits every text of a JSON value, without keys. @throws BadInput naming `field` if it is nested too deeply */
function walkTexts(json: Json, field: string, visit: (text: string, place: Path) => void): void {
  const place: (string | number)[] = [];
  const walk = (value: Json): void => {
    if (typeof value === 'string') visit(value, place);
    if (typeof value !== 'object' || value === null || isRawNumber(value)) return;
    if (place.length >= LIMITS.depth) throw new BadInput(field, `at most ${LIMITS.depth} levels deep`);
    const at = place.push('') - 1;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        place[at] = i;
        walk(value[i] as Json);
      }
    } else {
      for (const key of Object.keys(value)) {
        place[at] = key;
        walk((value as JsonObject)[key] as Json);
      }
    }
    place.pop();
  };
  walk(json);
}

/** What a reference to a value comes to. */
type Selected =
  | { readonly json: Json }
  | {
      readonly problem: 'NOT_JSON' | 'NO_FIELD';
      /** The reference that the caller probably meant. INVARIANT: its keys come from the caller's reference, never from the value. */
      readonly suggestion?: string | undefined;
    };

/** Values of secrets by name, to be put in the places of references. */
export class SecretValuesByName {
  readonly #values: ReadonlyMap<string, Sensitive>;
  readonly #parsed = new Map<string, Json | undefined>();

  constructor(values: ReadonlyMap<string, Sensitive>) {
    this.#values = values;
  }

  /** Of their values together, each as often as it is referred to. */
  lengthOf(references: readonly Reference[]): number {
    return references.reduce((sum, { name }) => sum + (this.#values.get(name)?.length ?? 0), 0);
  }

  select(name: string, path: Path): Selected {
    const value = this.#values.get(name)?.expose();
    if (value === undefined) throw new Error('A value was asked for that was not opened');
    if (path.length === 0) return { json: value };
    if (!this.#parsed.has(name)) this.#parsed.set(name, jsonOf(value));
    const parsed = this.#parsed.get(name);
    if (parsed === undefined) return { problem: 'NOT_JSON' };
    const json = at(parsed, path);
    return json === undefined ? { problem: 'NO_FIELD', suggestion: suggestionFor(name, path, parsed) } : { json };
  }
}

function jsonOf(text: string): Json | undefined {
  try {
    return parseJson(withoutMark(text));
  } catch {
    return undefined;
  }
}

/** Most parts of a path that are joined to one key. */
const MOST_JOINED = 10;

/** Suggests a reference whose path has several parts joined by dots to one key, such as `a['tls.crt']` for `a.tls.crt`, if the value has that key. */
function suggestionFor(name: string, path: Path, value: Json): string | undefined {
  let before: Json | undefined = value;
  for (let start = 0; start < Math.min(path.length, MOST_JOINED) && before !== undefined; start++) {
    const names = path.slice(start, start + MOST_JOINED);
    const strings = names.findIndex((part) => typeof part === 'number');
    for (let count = strings < 0 ? names.length : strings; count > 1; count--) {
      const rest = [names.slice(0, count).join('.'), ...path.slice(start + count)];
      if (at(before, rest) !== undefined) return writtenReference(name, [...path.slice(0, start), ...rest]);
    }
    before = at(before, path.slice(start, start + 1));
  }
  return undefined;
}

/** Own members of objects, items of lists, and nothing else: a text has no `length`. */
function at(json: Json, path: Path): Json | undefined {
  let value: Json | undefined = json;
  for (const part of path) {
    if (typeof part === 'number') value = Array.isArray(value) ? value[part] : undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

/**
 * The payload with the values of `secrets` in the places of its references and, if `input` is given, what it has in the places of
 * `${workflow.input…}`: at once, so that neither is looked for in the other. What does not change is shared with `payload`.
 * Calls `spend` with the size, in bytes of JSON, of each value that it inserts.
 * @throws BadInput naming `payload` if more comes out than may
 */
export function resolved(
  payload: Json,
  secrets: SecretValuesByName,
  input?: Json,
  spend: (bytes: number) => void = () => {},
): Json {
  let size = 0;
  const grow = (json: Json) => {
    const bytes = jsonBytes(json);
    size += bytes;
    spend(bytes);
    // INVARIANT: what is measured adds up to the limit, however often it is put in.
    if (size > LIMITS.result) throw tooLarge();
  };
  /** The JSON that replaces an expression; undefined if the expression stays. INVARIANT: JSON.stringify can write it. */
  const valueFor = (meaning: Meaning): Json | undefined => {
    const json = foundFor(meaning);
    if (json !== undefined && isDeeperThan(json, LIMITS.depth))
      throw new BadInput('payload', `at most ${LIMITS.depth} levels deep in its values`);
    return json;
  };
  const foundFor = (meaning: Meaning): Json | undefined => {
    if (meaning.kind === 'secret') {
      const selected = secrets.select(meaning.name, meaning.path);
      if ('problem' in selected) throw new Error('A reference was to be resolved that cannot be');
      return selected.json;
    }
    if (meaning.kind === 'input' && input !== undefined) return at(input, meaning.path) ?? null;
    return undefined;
  };
  const textResolved = (text: string): Json => {
    if (!mayHaveExpressions(text)) return text;
    const parts: Part[] = partsOf(text);
    const [only] = parts;
    if (parts.length === 1 && typeof only === 'object') {
      const value = valueFor(meaningOf(only));
      if (value === undefined) return text;
      grow(value);
      return value;
    }
    return parts
      .map((part) => {
        if (typeof part === 'string') return part;
        const meaning = meaningOf(part);
        const value = valueFor(meaning);
        if (value === undefined) return part.text;
        // What is not there is the empty text among others; a secret's field that is null says so.
        if (value === null && meaning.kind === 'input') return '';
        const inText = typeof value === 'string' ? value : JSON.stringify(value);
        grow(inText);
        return inText;
      })
      .join('');
  };
  const result = mapTexts(payload, textResolved);
  // Only now and then is it worth measuring: the payload itself is at most a body.
  if (size > LIMITS.result - 2 * 1_048_576 && jsonBytes(result) > LIMITS.result) throw tooLarge();
  return result;
}

const tooLarge = () =>
  new BadInput('payload', `at most ${LIMITS.result / 1_048_576} MiB once its references are resolved`);

function jsonBytes(json: Json): number {
  return Buffer.byteLength(JSON.stringify(json));
}

/** The same JSON with each text but keys replaced; shared as far as nothing changes. */
export function mapTexts(json: Json, map: (text: string) => Json): Json {
  if (typeof json === 'string') return map(json);
  if (typeof json !== 'object' || json === null || isRawNumber(json)) return json;
  if (Array.isArray(json)) {
    let items: Json[] | undefined;
    for (let i = 0; i < json.length; i++) {
      const item = json[i] as Json;
      const mapped = mapTexts(item, map);
      if (mapped !== item) items ??= json.slice(0, i);
      items?.push(mapped);
    }
    return items ?? json;
  }
  let members: JsonObject | undefined;
  const keys = Object.keys(json);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const member = (json as JsonObject)[key] as Json;
    const mapped = mapTexts(member, map);
    if (mapped !== member && members === undefined) {
      members = {};
      for (const earlier of keys.slice(0, i)) setMember(members, earlier, (json as JsonObject)[earlier] as Json);
    }
    if (members !== undefined) setMember(members, key, mapped);
  }
  return members ?? json;
}

/** References of one name and one problem, with all their places. */
export interface ReferenceSummary {
  readonly name: string;
  readonly pointers: string[];
  readonly resolvable: boolean;
  readonly problem: ReferenceProblem | null;
  /** The reference that the caller probably meant. References with different suggestions are in different summaries. */
  readonly suggestion?: string | undefined;
}

export type ProblemOf = (reference: Reference) => ReferenceProblem | null;

/** References by name and problem, in the order in which they first stand. */
export function summarized(
  references: readonly Reference[],
  problemOf: ProblemOf,
  suggestionOf: (reference: Reference) => string | undefined = () => undefined,
): ReferenceSummary[] {
  const summaries = new Map<string, ReferenceSummary>();
  for (const reference of references) {
    const { name, pointer } = reference;
    const problem = problemOf(reference);
    const suggestion = suggestionOf(reference);
    const key = JSON.stringify([problem, name, suggestion]);
    const known = summaries.get(key);
    if (known === undefined)
      summaries.set(key, { name, pointers: [pointer], resolvable: problem === null, problem, suggestion });
    else if (known.pointers.at(-1) !== pointer) known.pointers.push(pointer);
  }
  return [...summaries.values()];
}

// Finds references to secrets in a payload and replaces the references by secret values. Inserted values are never searched for references.
import { Buffer } from 'node:buffer';
import { BadInput } from '../../errors.ts';
import type { ReferenceProblem } from '../../generated/vocabulary.ts';
import {
  isDeeperThan,
  isJsonObject,
  isRawNumber,
  type Json,
  type JsonObject,
  jsonOf,
  jsonPointer,
} from '../../primitives/json.ts';
import { MASK, type Sensitive } from '../../sensitive.ts';
import { mapChildren } from '../map-children.ts';
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
  /**
   * The maximum number of nested levels of objects and lists in a payload and in inserted values. The gateway refuses deeper JSON before it passes the
   * JSON to a recursive function.
   */
  depth: 100,
  /** The maximum number of different secrets in one payload. */
  names: 200,
  /** The maximum number of references in one payload, including malformed and archived references. */
  references: 5_000,
  /** The maximum size of a resolved payload, in bytes of JSON. */
  result: 8 * 1_048_576,
  /** The maximum total number of characters of the returned JSON Pointers. Each JSON Pointer repeats the names of the enclosing fields. */
  pointers: 1_048_576,
  /** The maximum number of characters of a returned expression. */
  expression: 300,
} as const;

/** A reference in a payload, including malformed and archived references. */
export interface Reference {
  /** The name of the secret. If the reference is malformed or archived, the field contains the text of the reference. */
  readonly name: string;
  readonly path: Path;
  readonly pointer: string;
  /** The problem of the reference, if the problem is known before the gateway reads the secret. The field is null if no problem is known. */
  readonly problem: Extract<ReferenceProblem, 'MALFORMED' | 'ARCHIVED'> | null;
}

/** The references that a payload contains, in the order of the payload. */
export interface FoundReferences {
  readonly references: readonly Reference[];
  /** The names of the secrets, without duplicates. */
  readonly names: readonly string[];
  /** The number of all expressions in the payload. The number includes expressions that do not refer to secrets. */
  readonly expressions: number;
}

/**
 * Finds all references in a payload. The function reports an archived value as a reference with the problem ARCHIVED. With `archived: 'ALL'`, every
 * text with `***` is an archived value. With `'CERTAIN'`, only a field `_secrets` with the value `***` is an archived value, because other texts can
 * contain `***` for other reasons. The function also reports ARCHIVED for an expression that reads a `_secrets` field of `input` with the value
 * `***`.
 * @throws BadInput for `field` if the payload exceeds a limit
 */
export function findReferences(
  payload: Json,
  field: string,
  archived: 'ALL' | 'CERTAIN',
  input?: Json,
): FoundReferences {
  const references: Reference[] = [];
  const names = new Set<string>();
  let pointers = 0;
  let expressions = 0;

  const add = (name: string, path: Path, problem: Reference['problem'], place: Path) => {
    if (references.length === LIMITS.references) throw new BadInput(field, `at most ${LIMITS.references} references`);
    const pointer = jsonPointer(place);
    pointers += pointer.length;
    if (pointers > LIMITS.pointers)
      throw new BadInput(field, `references whose JSON Pointers have at most ${LIMITS.pointers} characters together`);
    references.push({ name, path, pointer, problem });
  };
  walkTexts(payload, field, (text, place) => {
    if (archived === 'ALL' ? MASK_IN_TEXT.test(text) : isArchived(text, place)) add(MASK, [], 'ARCHIVED', place);
    if (!mayHaveExpressions(text)) return;
    for (const part of partsOf(text)) {
      if (typeof part === 'string') continue;
      expressions++;
      const meaning = meaningOf(part);
      if (meaning.kind === 'secret') {
        if (names.add(meaning.name).size > LIMITS.names) throw new BadInput(field, `at most ${LIMITS.names} secrets`);
        add(meaning.name, meaning.path, null, place);
      } else if (meaning.kind === 'malformed') add(named(part), [], 'MALFORMED', place);
      else if (meaning.kind === 'input' && readsArchived(input, meaning.path)) add(named(part), [], 'ARCHIVED', place);
    }
  });
  return { references, names: [...names], expressions };
}

/** Matches the `***` that masking and archiving write, alone or inside a text. More than three stars in a row do not match. */
const MASK_IN_TEXT = /(?<!\*)\*{3}(?!\*)/;

const isArchived = (json: Json | undefined, place: Path) => json === MASK && place.at(-1) === '_secrets';

/** Returns whether the path reads an archived `_secrets` field of `input`, or reads a value inside this field. */
function readsArchived(input: Json | undefined, path: Path): boolean {
  let value = input;
  for (const part of path) {
    if (value === undefined) return false;
    value = at(value, [part]);
    if (isArchived(value, [part])) return true;
  }
  return false;
}

const named = ({ text }: Expression): string =>
  text.length > LIMITS.expression ? `${text.slice(0, LIMITS.expression)}…` : text;

/**
 * Returns the names of all secrets in the well-formed and malformed references of a JSON value.
 * @throws BadInput for `field` if the value exceeds a limit
 */
export function secretNames(json: Json, field: string): Pick<FoundReferences, 'names' | 'expressions'> {
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

/** Checks the nesting of a JSON value. @throws BadInput for `field` if the value is nested too deeply */
export function checkShape(json: Json, field: string): void {
  walkTexts(json, field, () => {});
}

/** Visits every string value in a JSON value. The function skips field names. @throws BadInput for `field` if the value is nested too deeply */
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

/** The result of reading the value at a path inside a secret value. */
type Selected =
  | { readonly json: Json }
  | {
      readonly problem: 'NOT_JSON' | 'NO_FIELD';
      /**
       * The reference that the caller probably meant. INVARIANT: the field names in the suggestion come from the caller's reference, never from the
       * secret value.
       */
      readonly suggestion?: string | undefined;
    };

/** The decrypted secret values by secret name. The values replace references. */
export class SecretValuesByName {
  readonly #values: ReadonlyMap<string, Sensitive>;
  readonly #parsed = new Map<string, Json | undefined>();

  constructor(values: ReadonlyMap<string, Sensitive>) {
    this.#values = values;
  }

  /** The total length of the secret values that the references insert. If several references insert the same secret value, each insertion counts. */
  lengthOf(references: readonly Reference[]): number {
    return references.reduce((sum, { name }) => sum + (this.#values.get(name)?.length ?? 0), 0);
  }

  select(name: string, path: Path): Selected {
    const value = this.#values.get(name)?.expose();
    if (value === undefined) throw new Error('The secret value must be decrypted before a path in the value is read.');
    if (path.length === 0) return { json: value };
    if (!this.#parsed.has(name)) this.#parsed.set(name, jsonOf(value));
    const parsed = this.#parsed.get(name);
    if (parsed === undefined) return { problem: 'NOT_JSON' };
    const json = at(parsed, path);
    return json === undefined ? { problem: 'NO_FIELD', suggestion: suggestionFor(name, path, parsed) } : { json };
  }
}

/** The maximum number of path parts that a suggested reference joins to one field name. */
const MOST_JOINED = 10;

/**
 * Suggests a reference whose path joins several parts with dots to one field name, such as `a['tls.crt']` for `a.tls.crt`. Returns a suggestion only
 * if the secret value has a field with that name.
 */
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

/**
 * Reads the value at a path inside a JSON value. The function reads only own fields of objects and items of lists. For example, a string has no field
 * `length`.
 */
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
 * Replaces the references in `payload` by secret values. If the caller passes `input`, the function also replaces `${workflow.input…}` by values of
 * `input`. One pass replaces all expressions, so inserted values are never searched for expressions. The result shares unchanged objects and lists
 * with `payload`. Calls `spend` with the size, in bytes of JSON, of each inserted value.
 * @throws BadInput naming `payload` if the result exceeds a limit
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
    // INVARIANT: the size of every inserted value counts, even if the same value is inserted several times. The limit applies to the sum of these
    // sizes.
    if (size > LIMITS.result) throw tooLarge();
  };
  /**
   * Returns the JSON that replaces an expression. Returns undefined if the expression is not replaced. INVARIANT: the returned JSON is not nested too
   * deeply for JSON.stringify.
   */
  const valueFor = (meaning: Meaning): Json | undefined => {
    if (meaning.kind !== 'secret' && (meaning.kind !== 'input' || input === undefined)) return undefined;
    const found =
      meaning.kind === 'secret'
        ? secrets.select(meaning.name, meaning.path)
        : { json: at(input as Json, meaning.path) ?? null };
    if ('problem' in found)
      throw new Error('The caller must refuse a reference with a problem before the caller resolves the payload.');
    if (isDeeperThan(found.json, LIMITS.depth))
      throw new BadInput('payload', `secret values and input nested at most ${LIMITS.depth} levels deep`);
    return found.json;
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
        // Inside a longer string, a missing input value becomes an empty string. A field of a secret with the value null becomes `null`.
        if (value === null && meaning.kind === 'input') return '';
        const inText = typeof value === 'string' ? value : JSON.stringify(value);
        grow(inText);
        return inText;
      })
      .join('');
  };
  const result = mapTexts(payload, textResolved);
  // The size of a request body limits the size of the payload itself. The exact size is therefore needed only if the inserted values are near the
  // limit.
  if (size > LIMITS.result - 2 * 1_048_576 && jsonBytes(result) > LIMITS.result) throw tooLarge();
  return result;
}

const tooLarge = () =>
  new BadInput('payload', `at most ${LIMITS.result / 1_048_576} MiB after its references are resolved`);

function jsonBytes(json: Json): number {
  return Buffer.byteLength(JSON.stringify(json));
}

/** Replaces each string value in a JSON value. The function does not replace field names. The result shares unchanged objects and lists with `json`. */
export function mapTexts(json: Json, map: (text: string) => Json): Json {
  if (typeof json === 'string') return map(json);
  if (typeof json !== 'object' || json === null || isRawNumber(json)) return json;
  return mapChildren(json, (child) => mapTexts(child, map));
}

/** A summary of all references with the same secret name and the same problem. */
export interface ReferenceSummary {
  readonly name: string;
  readonly pointers: string[];
  readonly resolvable: boolean;
  readonly problem: ReferenceProblem | null;
  /** The reference that the caller probably meant. Two references with different suggestions are not in the same summary. */
  readonly suggestion?: string | undefined;
}

export type ProblemOf = (reference: Reference) => ReferenceProblem | null;

/** Groups references by name and problem, in the order of the first reference of each group. */
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
    const summary = summaries.get(key);
    if (summary === undefined)
      summaries.set(key, { name, pointers: [pointer], resolvable: problem === null, problem, suggestion });
    else if (summary.pointers.at(-1) !== pointer) summary.pointers.push(pointer);
  }
  return [...summaries.values()];
}

// Compares a payload with the workflow definition or task definition from which an engine produced the payload, to find the parts that came from
// secrets.
import { isJsonObject, type Json, type JsonObject } from '../../primitives/json.ts';
import {
  type Expression,
  mayHaveExpressions,
  meaningOf,
  onlyExpression,
  type Part,
  partsOf,
} from '../references/expressions.ts';
import { readingOf, type Span, textOf } from './reading.ts';

/** A part of a payload with its own definition and its own names of hidden JSON fields. */
export interface MaskedPart {
  readonly payload: Json;
  /**
   * The part of the workflow definition or task definition from which the engine produced the payload. The definition has the same structure as the
   * payload and contains expressions.
   */
  readonly definition?: Json | undefined;
  /** Names of JSON fields whose values are hidden completely. */
  readonly keys: ReadonlySet<string>;
}

/** Returns whether an expression reads a secret, or reads a JSON field whose name is in `keys`. */
function takesHidden(expression: Expression, keys: ReadonlySet<string>): boolean {
  const { kind } = meaningOf(expression);
  if (kind === 'secret' || kind === 'malformed') return true;
  if (expression.text.split(MARKS).some((segment) => keys.has(segment) || keys.has(segment.trim()))) return true;
  for (const key of keys) if (MARKS.test(key) && expression.text.includes(key)) return true;
  return false;
}

const MARKS = /[.[\]{}$'"]+/;

/**
 * Returns whether the JSON value `json` must be masked completely. There are two cases. In the first case, `definition` is a single expression that
 * reads hidden data. In the second case, `definition` reads hidden data anywhere, and `definition` and `json` are of different kinds (object, list or
 * text). Values of different kinds cannot be compared part by part.
 */
export function isHiddenWhole(definition: Json | undefined, json: Json, keys: ReadonlySet<string>): boolean {
  if (typeof definition === 'string' && /^[$＄]/.test(definition)) {
    const only = onlyExpression(definition);
    if (only !== undefined) return takesHidden(only, keys);
  }
  if (definition === undefined || (typeof definition === 'string' ? typeof json === 'string' : isContainer(json)))
    return false;
  return hidesSomewhere(definition, keys);
}

/** Returns the part of `definition` from which the engine produced the child `key` of `json`. */
export function definitionOfChild(
  definition: Json | undefined,
  json: Json[] | JsonObject,
  key: string | number,
): Json | undefined {
  const isAlike = Array.isArray(json) ? Array.isArray(definition) : isJsonObject(definition);
  return isAlike && Object.hasOwn(definition as object, key) ? (definition as JsonObject)[key] : undefined;
}

const isContainer = (json: Json) => Array.isArray(json) || isJsonObject(json);

function hidesSomewhere(definition: Json, keys: ReadonlySet<string>): boolean {
  if (typeof definition === 'string') return hiddenBy(definition, '', keys) !== undefined;
  if (Array.isArray(definition)) return definition.some((item) => hidesSomewhere(item, keys));
  if (!isJsonObject(definition)) return false;
  return Object.entries(definition).some(([key, member]) => keys.has(key) || hidesSomewhere(member, keys));
}

/**
 * Returns the spans to hide in the string `text`, which an engine produced from the string `definition`. Returns `undefined` to hide nothing, and
 * `all` to hide the whole string. The literal parts of `definition` locate the hidden parts of `text`. If the literal parts match `text` in several
 * ways, the function returns the hidden spans of all matches.
 */
export function hiddenBy(
  definition: string,
  text: string,
  keys: ReadonlySet<string>,
): readonly Span[] | 'all' | undefined {
  if (!mayHaveExpressions(definition)) return undefined;
  const parts = partsOf(definition);
  const isHidden = (part: Part) => typeof part === 'object' && takesHidden(part, keys);
  if (!parts.some(isHidden)) return undefined;

  // The literals l0 … ln alternate with the gaps g1 … gn. Each expression is a gap. An empty literal separates two adjacent expressions.
  const literals: string[] = [''];
  const hidden: boolean[] = [];
  for (const part of parts) {
    if (typeof part === 'string') literals[literals.length - 1] = part;
    else {
      hidden.push(isHidden(part));
      literals.push('');
    }
  }
  const begins = startsOfGaps(literals, text);
  // Searches a reversed text with `indexOf`, because `indexOf` takes linear time. `lastIndexOf` takes time proportional to the product of both
  // lengths.
  const ends = startsOfGaps(literals.toReversed().map(reversed), reversed(text))
    ?.toReversed()
    .map((end) => text.length - end);
  if (begins === undefined || ends === undefined || (begins.at(-1) as number) > (ends.at(-1) as number)) return 'all';
  return hidden.flatMap((isOne, i) => (isOne ? [{ start: begins[i] as number, end: ends[i] as number }] : []));
}

/** Returns the earliest possible start of each gap. Returns undefined if the text does not contain the literals in this order. */
function startsOfGaps(literals: readonly string[], text: string): number[] | undefined {
  const starts: number[] = [];
  let at = 0;
  for (const literal of literals.slice(0, -1)) {
    // The first literal begins the text.
    at = starts.length > 0 ? text.indexOf(literal, at) : text.startsWith(literal) ? 0 : -1;
    if (at < 0) return undefined;
    at += literal.length;
    starts.push(at);
  }
  return starts;
}

/** Reverses a text by UTF-16 units. */
const reversed = (text: string) =>
  textOf({ units: readingOf(text).units.subarray(0, text.length).reverse(), end: text.length });

import { isJsonObject, type Json } from '../../primitives/json.ts';
import { type Expression, mayHaveExpressions, meaningOf, type Part, partsOf } from '../references/expressions.ts';
import type { Span } from './text-search.ts';

/** Whether an expression takes something from a secret, or from a place that is hidden by its key. */
export function takesHidden(expression: Expression, keys: ReadonlySet<string>): boolean {
  const { kind } = meaningOf(expression);
  if (kind === 'secret' || kind === 'malformed') return true;
  if (expression.text.split(MARKS).some((segment) => keys.has(segment) || keys.has(segment.trim()))) return true;
  for (const key of keys) if (MARKS.test(key) && expression.text.includes(key)) return true;
  return false;
}

const MARKS = /[.[\]{}$'"]+/;

/**
 * Whether nothing of `json` shows: all that `definition` says there is an expression that takes something hidden; or it takes something hidden
 * somewhere, and one of the two is an object or a list and the other is not, so that nobody knows what is what.
 */
export function isHiddenWhole(definition: Json | undefined, json: Json, keys: ReadonlySet<string>): boolean {
  if (typeof definition === 'string' && /^[$＄]/.test(definition)) {
    const [only, ...more] = partsOf(definition);
    if (typeof only === 'object' && more.length === 0) return takesHidden(only, keys);
  }
  if (definition === undefined || (typeof definition === 'string' ? typeof json === 'string' : isContainer(json)))
    return false;
  return hidesSomewhere(definition, keys);
}

const isContainer = (json: Json) => Array.isArray(json) || isJsonObject(json);

function hidesSomewhere(definition: Json, keys: ReadonlySet<string>): boolean {
  if (typeof definition === 'string') return hiddenBy(definition, '', keys) !== undefined;
  if (Array.isArray(definition)) return definition.some((item) => hidesSomewhere(item, keys));
  if (!isJsonObject(definition)) return false;
  return Object.entries(definition).some(([key, member]) => keys.has(key) || hidesSomewhere(member, keys));
}

/**
 * What to hide in a text that was made from `definition`: undefined for nothing, `all` for all of it. A part is told from the rest by the literals around
 * it. Where these stand in the text in several ways, whatever could be hidden by one of them is.
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

  // Literals l0 … ln with gaps g1 … gn between them; an expression beside another has the empty literal between.
  const literals: string[] = [''];
  const hidden: boolean[] = [];
  for (const part of parts) {
    if (typeof part === 'string') literals[literals.length - 1] = part;
    else {
      hidden.push(isHidden(part));
      literals.push('');
    }
  }
  const [first = '', last = ''] = [literals[0], literals.at(-1)];
  if (!text.startsWith(first) || !text.endsWith(last) || first.length + last.length > text.length) return 'all';

  /** For each gap where it can begin at the earliest, and end at the latest. */
  const begins: number[] = [first.length];
  for (const literal of literals.slice(1, -1)) {
    const at = text.indexOf(literal, begins.at(-1));
    if (at < 0) return 'all';
    begins.push(at + literal.length);
  }
  if ((begins.at(-1) as number) > text.length - last.length) return 'all';
  // Backwards as forwards: `lastIndexOf` takes the product of both lengths where `indexOf` takes their sum.
  const ends: number[] = [text.length - last.length];
  const inner = literals.slice(1, -1).toReversed();
  const backwards = inner.some((literal) => literal !== '') ? reversed(text) : '';
  for (const literal of inner) {
    const from = text.length - (ends[0] as number);
    const at = literal === '' ? from : backwards.indexOf(reversed(literal), from);
    if (at < 0) return 'all';
    ends.unshift(text.length - at - literal.length);
  }
  return hidden.flatMap((isOne, i) => (isOne ? [{ start: begins[i] as number, end: ends[i] as number }] : []));
}

/** By UTF-16 units. */
const reversed = (text: string) => text.split('').reverse().join('');

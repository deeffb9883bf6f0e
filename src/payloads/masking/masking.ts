// Masks secret values in a payload before people see the payload. Masking is a pure function: the caller passes the secret values that masking hides.
import { BadInput } from '../../errors.ts';
import { isRawNumber, type Json, type RawNumber } from '../../primitives/json.ts';
import { MASK } from '../../sensitive.ts';
import { mapChildren } from '../map-children.ts';
import { expectedUnits } from '../work-limit.ts';
import { definitionOfChild, hiddenBy, isHiddenWhole, type MaskedPart } from './alignment.ts';
import { hiddenSpans, isWholeText, merged } from './hidden-spans.ts';
import { maskedTexts } from './masked-texts.ts';
import { type Member, type MembersIn, membersByKeys } from './members-in-texts.ts';
import type { Span } from './reading.ts';
import { BREAK } from './skeleton.ts';
import { indexOfValues, type ValueIndex } from './value-index.ts';

/** What masking hides in all parts. */
export interface HiddenValues {
  readonly values: ValueIndex;
  /** Further texts that are hidden, such as texts of a hidden field that is in no part. */
  readonly texts?: readonly string[];
  /** A callback that receives the size of an index that masking built. */
  readonly spendOnIndex?: ((size: number) => void) | undefined;
  /** The number of characters that are searched in one step. */
  readonly most?: number;
}

/** Replaces hidden parts and `values` by `***`. The result shares unchanged objects and lists with `payload`. */
export function maskedPayload(payload: Json, of: Omit<MaskedPart, 'payload'> & { values: readonly string[] }): Json {
  const values = completed(indexOfValues(of.values));
  return completed(masking([{ ...of, payload }], { values }))[0] as Json;
}

/** Runs all steps in the current turn of the event loop. */
export function completed<T>(steps: Generator<number, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Masks parts in steps, so that long work can be spread over several turns of the event loop. Copies of the texts of hidden fields of each part are
 * hidden in all parts. Yields the units of work of the next step.
 */
export function* masking(
  parts: readonly MaskedPart[],
  { values, texts = [], spendOnIndex, most = 65_536 }: HiddenValues,
): Generator<number, Json[]> {
  const keySets = new Set(parts.map(({ keys }) => keys));
  const membersByKeySet = new Map([...keySets].map((keys) => [keys, membersByKeys(keys)]));
  const membersOf = ({ keys }: MaskedPart) => membersByKeySet.get(keys) as MembersIn;
  const copied = new Set(texts);
  const unitsOfParts: number[] = [];
  for (const part of parts) {
    const units = expectedUnits(part.payload);
    unitsOfParts.push(units);
    yield units;
    for (const text of maskedTexts(part, membersOf(part))) copied.add(text);
  }
  const copies = yield* indexOfValues([], copied);
  spendOnIndex?.(copies.size);
  const indexes = [values, copies].filter(({ size }) => size > 0);
  const budget = { left: MOST_WORK };
  const masked: Json[] = [];
  for (const [i, part] of parts.entries()) {
    const units = unitsOfParts[i] as number;
    yield units;
    const found = textsOf(part, indexes, membersOf(part), most);
    const spans: Span[] = [];
    let start = 0;
    for (const text of indexes.length === 0 ? [] : found.joined) {
      yield text.length;
      for (const span of hiddenSpans(text, indexes, budget))
        spans.push({ start: span.start + start, end: span.end + start });
      start += text.length;
    }
    const shown = shownTexts(found, spans);
    if (shown.size > 0) yield units;
    masked.push(shown.size > 0 ? withTexts(part, shown) : found.json);
  }
  return masked;
}

/**
 * The maximum number of characters that the search compares. A search of an ordinary payload compares few characters. If a payload exceeds the limit,
 * masking hides all its texts. An attacker can construct such a payload.
 */
const MOST_WORK = 100_000_000;

interface HiddenParts {
  readonly spans: readonly Span[];
  readonly members: readonly Member[];
}

/** The texts of a part, in the order in which `walked` visits them. */
interface PartTexts {
  readonly texts: readonly string[];
  /** The texts, joined to texts of about `most` characters. Each text has a separator before its first character. */
  readonly joined: readonly string[];
  /** What the definition and the names of JSON fields hide in a text, by the position of the text in `texts`. */
  readonly hidden: ReadonlyMap<number, HiddenParts | 'all'>;
  /** The payload with `***` for everything that `walked` hides completely. */
  readonly json: Json;
}

/**
 * Returns the texts of a part. The texts are searched together, because a list can contain a value in pieces, for example as bytes. The name of a JSON
 * field is no piece of a value.
 */
function textsOf(
  { payload, definition, keys }: MaskedPart,
  indexes: readonly ValueIndex[],
  membersIn: MembersIn,
  most: number,
): PartTexts {
  const texts: string[] = [];
  const joined: string[] = [];
  const hidden = new Map<number, HiddenParts | 'all'>();
  let pieces: string[] = [];
  let length = 0;
  let separator = OF_TEXTS;
  const add = (text: string, spans: readonly Span[], before: string, after: string) => {
    const members = membersIn(text);
    if (members === 'all' || isWholeText(text, indexes)) hidden.set(texts.length, 'all');
    else if (spans.length + members.length > 0) hidden.set(texts.length, { spans, members });
    texts.push(text);
    pieces.push(before, text);
    length += text.length + 1;
    separator = after;
    if (length <= most) return;
    joined.push(pieces.join(''));
    pieces = [];
    length = 0;
  };
  const json = walked(payload, definition, {
    keys,
    leaf: (leaf, spans = NOTHING) => {
      add(textOfLeaf(leaf), spans, separator, OF_TEXTS);
      return leaf;
    },
    name: (name) => {
      add(name, NOTHING, OF_NAMES, OF_NAMES);
      return name;
    },
  });
  return { texts, joined: [...joined, pieces.join('')], hidden, json };
}

const NOTHING: readonly Span[] = [];
/** The separators before the texts of a payload. */
const OF_TEXTS = '\0';
const OF_NAMES = String.fromCharCode(BREAK);

/** Returns the texts that masking changes, by their positions in `texts`. `spans` are sorted spans of the joined texts. */
function shownTexts({ texts, hidden }: PartTexts, spans: readonly Span[]): Map<number, string> {
  const shown = new Map<number, string>();
  if (hidden.size + spans.length === 0) return shown;
  let end = 0;
  let next = 0;
  for (const [i, text] of texts.entries()) {
    const start = end + 1;
    end = start + text.length;
    const more = hidden.get(i);
    if (more === 'all') {
      shown.set(i, MASK);
      continue;
    }
    while (next < spans.length && (spans[next] as Span).end <= start) next++;
    const all: Span[] = more === undefined ? [] : [...more.spans, ...more.members];
    for (let at = next; at < spans.length && (spans[at] as Span).start < end; at++) {
      const span = spans[at] as Span;
      all.push({ start: Math.max(0, span.start - start), end: Math.min(text.length, span.end - start) });
    }
    if (all.length > 0) shown.set(i, without(text, all, more?.members ?? []));
  }
  return shown;
}

/** Returns the payload with the changed texts. */
function withTexts({ payload, definition, keys }: MaskedPart, shown: ReadonlyMap<number, string>): Json {
  let next = 0;
  const leaf: Visitor['leaf'] = (json) => {
    const text = shown.get(next++);
    return text === undefined ? json : typeof json === 'string' ? text : MASK;
  };
  const name = (text: string) => shown.get(next++) ?? text;
  return walked(payload, definition, { keys, leaf, name });
}

type Leaf = string | number | RawNumber;
const textOfLeaf = (leaf: Leaf) => (typeof leaf === 'object' ? leaf.rawJSON : String(leaf));

interface Visitor {
  readonly keys: ReadonlySet<string>;
  /** Returns the shown JSON for a string or a number. `hidden` are spans that the definition hides. */
  leaf(leaf: Leaf, hidden?: readonly Span[]): Json;
  /** Returns the shown name of a JSON field. */
  name(name: string): string;
}

/**
 * Replaces everything that the names of JSON fields and the definition hide completely. Passes all other texts to the visitor. INVARIANT: the visitor
 * gets the same texts in the same order for each call.
 */
function walked(json: Json, made: Json | undefined, visitor: Visitor): Json {
  const { keys } = visitor;
  if (isHiddenWhole(made, json, keys)) return MASK;
  if (typeof json === 'string') {
    const hidden = typeof made === 'string' ? hiddenBy(made, json, keys) : undefined;
    return hidden === 'all' ? MASK : visitor.leaf(json, hidden);
  }
  if (typeof json === 'number' || isRawNumber(json)) return visitor.leaf(json);
  if (typeof json !== 'object' || json === null) return json;
  const childOf = (child: Json, key: string | number): Json =>
    typeof key === 'string' && keys.has(key) ? MASK : walked(child, definitionOfChild(made, json, key), visitor);
  return mapChildren(json, childOf, visitor.name);
}

/** Replaces spans of a text by `***`. The value of a JSON field inside the text is replaced by `***` in quotes, so that the JSON stays valid. */
function without(text: string, spans: readonly Span[], members: readonly Member[]): string {
  const quotes = new Map(members.map(({ start, quote }) => [start, quote]));
  let shown = '';
  let at = 0;
  for (const { start, end } of merged(spans)) {
    const quote = quotes.get(start) ?? '';
    shown += text.slice(at, start) + quote + MASK + quote;
    at = end;
  }
  return shown + text.slice(at);
}

const MOST_FIELDS = 200;

/**
 * Returns the names of the JSON fields whose values are masked: the names in `maskedFields` and the names in `always`. @throws BadInput naming
 * `maskedFields`
 */
export function hidingKeys(maskedFields: readonly string[], always: Iterable<string>): ReadonlySet<string> {
  if (maskedFields.length > MOST_FIELDS) throw new BadInput('maskedFields', `at most ${MOST_FIELDS} names`);
  // INVARIANT: masking never produces a field name whose value must be masked. Archiving a payload twice therefore gives the same result as
  // archiving the payload once.
  if (maskedFields.some((field) => field.includes(MASK)))
    throw new BadInput('maskedFields', `field names that do not contain ${MASK}`);
  return new Set([...always, ...maskedFields]);
}

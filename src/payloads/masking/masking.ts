// Masks secret values in a payload before people see the payload. Masking is a pure function: the caller passes the secret values that masking hides.
import { BadInput } from '../../errors.ts';
import { isRawNumber, type Json, type RawNumber } from '../../primitives/json.ts';
import { MASK } from '../../sensitive.ts';
import { mapChildren } from '../map-children.ts';
import { expectedUnits } from '../work-limit.ts';
import { definitionOfChild, hiddenBy, isHiddenWhole, type MaskedPart } from './alignment.ts';
import { hiddenSpans, isWholeText, merged } from './hidden-spans.ts';
import { addMaskedTexts, addMaskedTextsOfSource } from './masked-texts.ts';
import { type MemberFinder, memberFinder } from './members-in-texts.ts';
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
  const finders = new Map<ReadonlySet<string>, MemberFinder>();
  const copied = new Set(texts);
  const all: PartTexts[] = [];
  for (const part of parts) {
    yield expectedUnits(part.payload);
    const finder = finders.get(part.keys) ?? memberFinder(part.keys);
    finders.set(part.keys, finder);
    all.push(textsOf(part, finder, copied, most));
  }
  const copies = copied.size === 0 ? [] : [yield* indexOfValues([], copied)];
  for (const { size } of copies) spendOnIndex?.(size);
  const indexes = [values, ...copies].filter(({ size }) => size > 0);
  const budget = { left: MOST_WORK };
  const masked: Json[] = [];
  for (const found of all) {
    let start = 0;
    for (const text of indexes.length === 0 ? [] : found.joined) {
      yield text.length;
      for (const span of hiddenSpans(text, indexes, budget))
        found.spans.push({ start: span.start + start, end: span.end + start });
      start += text.length;
    }
    const units = expectedUnits(found.part.payload);
    yield units;
    const shown = shownTexts(found, indexes);
    if (shown.size > 0) yield units;
    masked.push(shown.size > 0 ? withTexts(found.part, shown) : found.json);
  }
  return masked;
}

/**
 * The maximum number of characters that the search compares. A search of an ordinary payload compares few characters. If a payload exceeds the limit,
 * masking hides all its texts. An attacker can construct such a payload.
 */
const MOST_WORK = 100_000_000;

/** The texts of a part, in the order in which `walked` visits them. */
interface PartTexts {
  readonly part: MaskedPart;
  readonly texts: string[];
  /** The texts, joined to texts of about `most` characters. Each text has a separator before its first character. */
  readonly joined: string[];
  /** The hidden spans of the joined texts. */
  readonly spans: Span[];
  /** For a hidden span that is the value of a JSON field inside a text: the quote around the name of the field, by the start of the span. */
  readonly quotes: Map<number, string>;
  /** The positions in `texts` of the texts that are hidden completely. */
  readonly whole: Set<number>;
  /** The payload with `***` for everything that `walked` hides completely. */
  readonly json: Json;
}

/**
 * Returns the texts of a part and what the definition and the names of JSON fields hide in the texts. Adds the texts of hidden fields to `copied`. The
 * texts are searched together, because a list can contain a value in pieces, for example as bytes. The name of a JSON field is no piece of a value.
 */
function textsOf(part: MaskedPart, finder: MemberFinder, copied: Set<string>, most: number): PartTexts {
  const [texts, joined, spans]: [string[], string[], Span[]] = [[], [], []];
  const quotes = new Map<number, string>();
  const whole = new Set<number>();
  let pieces: string[] = [];
  let [begin, end] = [0, 0];
  let separator = OF_TEXTS;
  const join = () => {
    joined.push(pieces.join(''));
    pieces = [];
    begin = end;
  };
  const add = (text: string, before: string, after: string) => {
    texts.push(text);
    pieces.push(before, text);
    end += 1 + text.length;
    separator = after;
    if (end - begin > most) join();
  };
  const hide = (hidden: readonly Span[] | 'all', i: number, start: number) => {
    if (hidden === 'all') whole.add(i);
    else for (const span of hidden) spans.push({ start: start + span.start, end: start + span.end });
  };
  const json = walked(part.payload, part.definition, {
    keys: part.keys,
    hide(json, key) {
      addMaskedTexts(copied, json, key);
      return MASK;
    },
    leaf(leaf, hidden = []) {
      hide(hidden, texts.length, end + 1);
      add(textOfLeaf(leaf), separator, OF_TEXTS);
      return leaf;
    },
    name(name) {
      add(name, OF_NAMES, OF_NAMES);
      return name;
    },
  });
  join();
  // One look at the joined texts takes less time than many looks at short texts.
  let start = 1;
  for (const [i, text] of joined.some(finder.mayFind) ? texts.entries() : []) {
    const members = finder.find(text);
    hide(members, i, start);
    for (const member of members === 'all' ? [] : members) {
      quotes.set(start + member.start, member.quote);
      addMaskedTextsOfSource(copied, member.source, member.key);
    }
    start += text.length + 1;
  }
  return { part, texts, joined, spans, quotes, whole, json };
}

/** The separators before the texts of a payload. */
const OF_TEXTS = '\0';
const OF_NAMES = String.fromCharCode(BREAK);

/**
 * Returns the texts that masking changes, by their positions in `texts`. Replaces each hidden span by `***`. The value of a JSON field inside a text is
 * replaced by `***` in quotes, so that the JSON stays valid.
 */
function shownTexts({ texts, spans, quotes, whole }: PartTexts, indexes: readonly ValueIndex[]): Map<number, string> {
  const changed = new Map<number, string>();
  const hidden = merged(spans);
  const withWhole = indexes.filter(({ longestWhole }) => longestWhole > 0);
  if (hidden.length + whole.size + withWhole.length === 0) return changed;
  let [next, end] = [0, 0];
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] as string;
    const start = end + 1;
    end = start + text.length;
    let [shown, at] = ['', start];
    for (let span = hidden[next]; span !== undefined && span.start <= end; span = hidden[++next]) {
      const quote = quotes.get(span.start) ?? '';
      // A span of the definition can be empty.
      if (span.end > start || span.start >= start)
        shown += text.slice(at - start, Math.max(span.start - start, 0)) + quote + MASK + quote;
      at = Math.max(at, Math.min(span.end, end));
      // The span continues in the next text.
      if (span.end > end) break;
    }
    if (whole.has(i) || isWholeText(text, withWhole)) changed.set(i, MASK);
    else if (shown !== '') changed.set(i, shown + text.slice(at - start));
  }
  return changed;
}

/** Returns the payload with the changed texts. */
function withTexts({ payload, definition, keys }: MaskedPart, shown: ReadonlyMap<number, string>): Json {
  let next = 0;
  return walked(payload, definition, {
    keys,
    hide: () => MASK,
    leaf(json) {
      const text = shown.get(next++);
      return text === undefined ? json : typeof json === 'string' ? text : MASK;
    },
    name: (text) => shown.get(next++) ?? text,
  });
}

type Leaf = string | number | RawNumber;
const textOfLeaf = (leaf: Leaf) => (typeof leaf === 'object' ? leaf.rawJSON : String(leaf));

interface Visitor {
  readonly keys: ReadonlySet<string>;
  /** Returns the shown JSON for a value that is hidden completely. If the name of a JSON field hides the value, `key` is this name. */
  hide(json: Json, key?: string): Json;
  /** Returns the shown JSON for a string or a number. `hidden` are spans that the definition hides. */
  leaf(leaf: Leaf, hidden?: readonly Span[] | 'all'): Json;
  /** Returns the shown name of a JSON field. */
  name(name: string): string;
}

/**
 * Passes everything that the names of JSON fields and the definition hide, and all other texts, to the visitor. INVARIANT: the visitor gets the same
 * texts in the same order for each call.
 */
function walked(json: Json, made: Json | undefined, visitor: Visitor): Json {
  const { keys } = visitor;
  if (isHiddenWhole(made, json, keys)) return visitor.hide(json);
  if (typeof json === 'string')
    return visitor.leaf(json, typeof made === 'string' ? hiddenBy(made, json, keys) : undefined);
  if (typeof json === 'number' || isRawNumber(json)) return visitor.leaf(json);
  if (typeof json !== 'object' || json === null) return json;
  const childOf = (child: Json, key: string | number): Json =>
    typeof key === 'string' && keys.has(key)
      ? visitor.hide(child, key)
      : walked(child, definitionOfChild(made, json, key), visitor);
  return mapChildren(json, childOf, visitor.name);
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

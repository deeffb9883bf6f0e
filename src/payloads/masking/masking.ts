// Masks secret values in a payload before people see the payload. Masking is a pure function: the caller passes the secret values that masking hides.
import { BadInput } from '../../errors.ts';
import { isJsonObject, isRawNumber, type Json, type JsonObject } from '../../primitives/json.ts';
import { MASK } from '../../sensitive.ts';
import { mapChildren } from '../map-children.ts';
import { expectedUnits } from '../work-limit.ts';
import { hiddenBy, isHiddenWhole } from './alignment.ts';
import { hiddenSpans, isWholeText, merged } from './hidden-spans.ts';
import type { MaskedPart } from './masked-part.ts';
import { maskedTexts } from './masked-texts.ts';
import { type Member, type MembersIn, membersByKeys } from './members-in-texts.ts';
import type { Span } from './reading.ts';
import { BREAK } from './skeleton.ts';
import { type ValueIndex, valueIndex } from './value-index.ts';
import { partsOf } from './value-parts.ts';

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
  const steps = masking([{ ...of, payload }], { values: indexOfValues(of.values) });
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value[0] as Json;
  }
}

/** Builds the index of secret values once, for several calls of `masking`. */
export function indexOfValues(values: readonly string[], spendOnIndex?: HiddenValues['spendOnIndex']): ValueIndex {
  const index = valueIndex(partsOf(values));
  spendOnIndex?.(index.size);
  return index;
}

/**
 * Masks parts in steps, so that long work can be spread over several turns of the event loop. Copies of the texts of hidden fields of each part are
 * hidden in all parts. Yields the units of work of the next step.
 */
export function* masking(
  parts: readonly MaskedPart[],
  { values, texts = [], spendOnIndex, most = 65_536 }: HiddenValues,
): Generator<number, Json[]> {
  const membersByKeySet = new Map(parts.map(({ keys }) => [keys, membersByKeys(keys)]));
  const membersOf = ({ keys }: MaskedPart) => membersByKeySet.get(keys) as MembersIn;
  const copied = new Set(texts);
  for (const part of parts) {
    yield expectedUnits(part.payload);
    for (const text of maskedTexts(part, membersOf(part))) copied.add(text);
  }
  const copies = valueIndex(partsOf([], copied));
  spendOnIndex?.(copies.size);
  const indexes = [values, copies].filter(({ size }) => size > 0);
  const budget = { left: MOST_WORK };
  const masked: Json[] = [];
  for (const part of parts) {
    yield expectedUnits(part.payload);
    const spans: Span[] = [];
    let start = 0;
    for (const text of indexes.length === 0 ? [] : searchedTexts(part, most)) {
      yield text.length;
      for (const span of hiddenSpans(text, indexes, budget))
        spans.push({ start: span.start + start, end: span.end + start });
      start += text.length;
    }
    yield expectedUnits(part.payload);
    masked.push(maskedPart(part, spans, indexes, membersOf(part)));
  }
  return masked;
}

/**
 * The maximum number of characters that the search compares. A search of an ordinary payload compares few characters. If a payload exceeds the limit,
 * masking hides all its texts. An attacker can construct such a payload.
 */
const MOST_WORK = 100_000_000;

/**
 * Returns the texts of a part, joined to texts of about `most` characters. The texts are searched together, because a list can contain a value in
 * pieces, for example as bytes. The name of a JSON field is no piece of a value.
 */
function searchedTexts({ payload, definition, keys }: MaskedPart, most: number): string[] {
  const joined: string[] = [];
  let texts: string[] = [];
  let length = 0;
  let separator = OF_TEXTS;
  const add = (text: string, before: string, after: string) => {
    texts.push(before, text);
    length += text.length + 1;
    separator = after;
    if (length > most) {
      joined.push(texts.join(''));
      texts = [];
      length = 0;
    }
    return text;
  };
  const name = (text: string) => add(text, OF_NAMES, OF_NAMES);
  walked(payload, definition, { keys, text: (text) => add(text, separator, OF_TEXTS), name });
  return [...joined, texts.join('')];
}

/** The separators before the texts of a payload. */
const OF_TEXTS = '\0';
const OF_NAMES = String.fromCharCode(BREAK);

function maskedPart(
  { payload, definition, keys }: MaskedPart,
  spans: readonly Span[],
  indexes: readonly ValueIndex[],
  membersIn: MembersIn,
): Json {
  const spansOfNext = spansByText(spans);
  const text = (shown: string, more: readonly Span[] = NOTHING): string => {
    const found = spansOfNext(shown.length);
    const members = membersIn(shown);
    if (members === 'all' || isWholeText(shown, indexes)) return MASK;
    if (found.length === 0 && more.length === 0 && members.length === 0) return shown;
    return without(shown, [...found, ...more, ...members], members);
  };
  return walked(payload, definition, { keys, text, name: indexes.length === 0 ? (name) => name : text });
}

const NOTHING: readonly Span[] = [];
/** Returns a function that returns the spans of each text in turn, as positions in this text. */
function spansByText(spans: readonly Span[]): (length: number) => readonly Span[] {
  let at = 0;
  let next = 0;
  return (length) => {
    const start = at + 1;
    at += length + 1;
    while (next < spans.length && (spans[next] as Span).end <= start) next++;
    let after = next;
    while (after < spans.length && (spans[after] as Span).start < start + length) after++;
    return spans
      .slice(next, after)
      .map((span) => ({ start: Math.max(0, span.start - start), end: Math.min(length, span.end - start) }));
  };
}

interface Visitor {
  readonly keys: ReadonlySet<string>;
  /** Returns the shown text for a string or a number. `hidden` are spans that the definition hides. */
  text(text: string, hidden?: readonly Span[]): string;
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
    return hidden === 'all' ? MASK : visitor.text(json, hidden);
  }
  if (typeof json === 'number' || isRawNumber(json)) {
    const text = typeof json === 'number' ? String(json) : json.rawJSON;
    return visitor.text(text) === text ? json : MASK;
  }
  if (typeof json !== 'object' || json === null) return json;
  const childOf = (member: Json, key: string | number): Json => {
    if (typeof key === 'string' && keys.has(key)) return MASK;
    const isLike = isJsonObject(made) ? isJsonObject(json) : Array.isArray(made) && Array.isArray(json);
    const inner = isLike && Object.hasOwn(made as object, key) ? (made as JsonObject)[key] : undefined;
    return walked(member, inner, visitor);
  };
  return mapChildren(json as Json[] | JsonObject, childOf, visitor.name);
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
export function hidingKeys(maskedFields: readonly string[], always: readonly string[]): ReadonlySet<string> {
  if (maskedFields.length > MOST_FIELDS) throw new BadInput('maskedFields', `at most ${MOST_FIELDS} names`);
  // INVARIANT: masking never produces a field name whose value must be masked. Archiving a payload twice therefore gives the same result as
  // archiving the payload once.
  if (maskedFields.some((field) => field.includes(MASK)))
    throw new BadInput('maskedFields', `field names that do not contain ${MASK}`);
  return new Set([...always, ...maskedFields]);
}

// Masks secret values in a payload before people see the payload. Masking is a pure function: the caller passes the secret values that masking hides.
import { isJsonObject, isRawNumber, type Json, type JsonObject, setMember } from '../../primitives/json.ts';
import { MASK } from '../../sensitive.ts';
import { hiddenBy, isHiddenWhole } from './alignment.ts';
import { decoder } from './decodings.ts';
import type { Units } from './form-index.ts';
import { type HiddenTexts, hiddenTexts, MOST_FORMS } from './hidden-texts.ts';
import { type LongestTexts, longestTextsIn } from './longest-texts.ts';
import { maskedTexts } from './masked-texts.ts';
import { type Member, type MembersIn, membersByKeys } from './members-in-texts.ts';
import { merged, type Span, searching, type TextSearch } from './text-search.ts';

export interface Masking {
  /**
   * The part of the workflow definition or task definition from which the engine produced the payload. The part has the same structure as the payload
   * and contains expressions.
   */
  readonly definition?: Json | undefined;
  /** Names of JSON fields whose values are hidden completely. */
  readonly keys: ReadonlySet<string>;
  /** Secret values that are hidden in every text of the payload. */
  readonly values: readonly string[];
  /** A callback that receives the number of encoded forms that masking built. */
  readonly spendOnForms?: ((count: number) => void) | undefined;
}

/** Replaces hidden parts by `***`. The result shares unchanged objects and lists with `payload`. */
export function maskedPayload(payload: Json, { definition, keys, values, spendOnForms }: Masking): Json {
  const part = { payload, definition, keys };
  const base = formsOfValues(longestTextsIn(payload, keys), { values, spendOnForms });
  const masking = maskingOf({ base, spendOnForms });
  masking.collect([part]);
  const [masked] = masking.ready()([part]);
  return masked as Json;
}

/** A part of a payload with its own definition and its own names of hidden JSON fields. */
export type MaskedPart = Pick<Masking, 'definition' | 'keys'> & { readonly payload: Json };

/** Masking of several parts in several steps, so that long work can be spread over several turns of the event loop. */
export interface MaskingOfParts {
  /** Collects the texts of hidden fields. Copies of these texts are hidden in all parts. */
  collect(parts: readonly MaskedPart[]): void;
  /**
   * Returns a function that masks some parts, or slices of parts. The masked parts share unchanged objects and lists with the parts. `collect` must
   * have seen all parts.
   */
  ready(): (some: readonly MaskedPart[]) => Json[];
}

export interface MaskingOptions {
  /** The values to hide, in the forms that are short enough for all parts. */
  readonly base: FormsOfValues;
  /** Further texts that are hidden, such as texts of a hidden field that is in no part. */
  readonly texts?: readonly string[];
  readonly spendOnForms?: Masking['spendOnForms'];
}

/** The forms of values that are short enough to occur in some parts. */
export interface FormsOfValues {
  readonly longest: LongestTexts;
  /** Undefined if the values have too many forms. */
  readonly hidden: HiddenTexts | undefined;
}

/** Builds the forms of values once, for several calls of `maskingOf`. */
export function formsOfValues(
  longest: LongestTexts,
  { values, spendOnForms }: Pick<Masking, 'values' | 'spendOnForms'>,
): FormsOfValues {
  const hidden = hiddenTexts(values, longest);
  spendOnForms?.(hidden?.forms.length ?? MOST_FORMS);
  return { longest, hidden };
}

export function maskingOf({ base, texts = [], spendOnForms }: MaskingOptions): MaskingOfParts {
  const membersByName = new Map<ReadonlySet<string>, MembersIn>();
  const membersOf = (keys: ReadonlySet<string>): MembersIn => {
    const known = membersByName.get(keys) ?? membersByKeys(keys);
    membersByName.set(keys, known);
    return known;
  };
  const copied = new Set(texts);
  return {
    collect(parts) {
      for (const { payload, definition, keys } of parts) {
        const options = { definition, keys, membersIn: membersOf(keys), longest: base.longest };
        for (const text of maskedTexts(payload, options)) copied.add(text);
      }
    },
    ready() {
      const hidden = base.hidden && hiddenTexts([], base.longest, [...copied], base.hidden);
      if (hidden !== base.hidden)
        spendOnForms?.((hidden?.forms.length ?? MOST_FORMS) - (base.hidden?.forms.length ?? 0));
      return masker(hidden, membersOf);
    },
  };
}

/** Returns a function that hides these texts. Undefined hides all texts. */
function masker(
  hidden: HiddenTexts | undefined,
  membersOf: (keys: ReadonlySet<string>) => MembersIn,
): (some: readonly MaskedPart[]) => Json[] {
  const { forms, whole } = hidden ?? { forms: [], whole: new Set<string>() };
  let longestWhole = 0;
  for (const { length } of whole) longestWhole = Math.max(longestWhole, length);
  const isWhole = ({ units, start, end }: Units): boolean => {
    if (end - start > longestWhole) return false;
    const text = String.fromCharCode(...units.subarray(start, end));
    return whole.has(text) || whole.has(text.replaceAll('+', ' '));
  };
  const isNothing = hidden !== undefined && forms.length === 0 && whole.size === 0;
  const isNumber = (text: string) => /^[-+.\deE]+$/.test(text);
  const inNumbers = hidden === undefined || forms.some(({ text }) => isNumber(text)) || [...whole].some(isNumber);
  /**
   * True if an encoded form of a hidden text contains `*`. An inserted `***` can then become part of a hidden text, so masking must search the masked
   * payload again.
   */
  const rejoins = forms.some(({ text }) => text.includes('*'));

  const mask = (search: TextSearch, { payload, definition, keys }: MaskedPart) => {
    const membersIn = membersOf(keys);
    const decodings = decoder();
    const spansIn = (text: string): readonly Span[] => {
      if (isNothing) return NOTHING;
      if (hidden === undefined) return [{ start: 0, end: text.length }];
      let spans: readonly Span[] = NOTHING;
      const all = decodings(text);
      if (all === undefined) return [{ start: 0, end: text.length }];
      for (const decoding of all) {
        if (isWhole(decoding)) return [{ start: 0, end: text.length }];
        const found = search.spansIn(decoding, decoding.joined);
        if (found.length > 0) spans = [...spans, ...found.map(decoding.spanOf)];
      }
      return spans;
    };
    const maskedText = (text: string, hiddenFirst: readonly Span[] = NOTHING): string => {
      const members = membersIn(text);
      if (members === 'all') return MASK;
      const spans = spansIn(text);
      if (spans.length === 0 && hiddenFirst.length === 0 && members.length === 0) return text;
      let shown = without(text, [...spans, ...hiddenFirst, ...members], members);
      for (let again = rejoins ? MOST_AGAIN : 0; again > 0; again--) {
        const more = spansIn(shown);
        const next = more.length === 0 ? shown : without(shown, more);
        if (next === shown) return shown;
        shown = next;
      }
      return rejoins ? MASK : shown;
    };

    const masked = (json: Json, made: Json | undefined): Json => {
      if (isHiddenWhole(made, json, keys)) return MASK;
      if (typeof made === 'string' && typeof json === 'string') {
        const hidden = hiddenBy(made, json, keys);
        if (hidden !== undefined) return hidden === 'all' ? MASK : maskedText(json, hidden);
      }
      if (typeof json === 'string') return maskedText(json);
      if (typeof json === 'number') return inNumbers && spansIn(String(json)).length > 0 ? MASK : json;
      if (typeof json !== 'object' || json === null) return json;
      if (Array.isArray(json)) return maskedList(json, Array.isArray(made) ? made : undefined);
      if (isRawNumber(json)) return inNumbers && spansIn(json.rawJSON).length > 0 ? MASK : json;
      return maskedObject(json as JsonObject, isJsonObject(made) ? made : undefined);
    };
    const maskedList = (list: Json[], made: Json[] | undefined): Json[] => {
      let items: Json[] | undefined;
      for (let i = 0; i < list.length; i++) {
        const item = list[i] as Json;
        const shown = masked(item, made?.[i]);
        if (shown !== item) items ??= list.slice(0, i);
        items?.push(shown);
      }
      return items ?? list;
    };
    const maskedObject = (object: JsonObject, made: JsonObject | undefined): JsonObject => {
      const names = Object.keys(object);
      let members: JsonObject | undefined;
      const taken = new Map<string, number>();
      for (let i = 0; i < names.length; i++) {
        const name = names[i] as string;
        const member = object[name] as Json;
        const madeOf = made !== undefined && Object.hasOwn(made, name) ? made[name] : undefined;
        const shown = keys.has(name) ? MASK : masked(member, madeOf);
        const shownName = isNothing ? name : maskedText(name);
        if ((shown !== member || shownName !== name) && members === undefined) {
          members = {};
          for (const earlier of names.slice(0, i)) setMember(members, earlier, object[earlier] as Json);
        }
        if (members !== undefined) setMember(members, free(shownName, members, taken), shown);
      }
      return members ?? object;
    };
    return masked(payload, definition);
  };
  return (some) => searching(forms, (search) => some.map((part) => mask(search, part)));
}

const NOTHING: readonly Span[] = [];
const MOST_AGAIN = 8;

/**
 * Returns a JSON field name that the object does not contain. If the object contains the requested name, the function adds the suffix `#2`, `#3` and
 * so on.
 */
export function free(name: string, members: JsonObject, taken: Map<string, number>): string {
  if (!Object.hasOwn(members, name)) return name;
  let number = taken.get(name) ?? 2;
  while (Object.hasOwn(members, `${name}#${number}`)) number++;
  taken.set(name, number + 1);
  return `${name}#${number}`;
}

/** Replaces spans of a text by `***`. The value of a JSON field inside the text is replaced by `***` in quotes, so that the JSON stays valid. */
function without(text: string, spans: readonly Span[], members: readonly Member[] = []): string {
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

// Finds all encoded forms of hidden texts in a text, in one pass over the text.
import { type FormIndex, folded, formIndex, longestFormAt, PLUS, SPACE, type Units } from './form-index.ts';
import type { Form } from './hidden-texts.ts';

/** A range of a text in UTF-16 units. The range does not include the unit at `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The number of UTF-16 units from which one hash is computed. */
const GRAM = 4;
/** The maximum distance between two consecutive hashed positions of a text. */
const MOST_STEP = 8;
const HASH_BITS = 20;
const HASH_MASK = (1 << HASH_BITS) - 1;
/**
 * The maximum number of UTF-16 units that one search compares. A search of an ordinary text compares few units. If a payload exceeds the limit,
 * masking hides all remaining texts completely. An attacker can construct such a payload.
 */
const MOST_WORK = 32_000_000;

interface Group {
  readonly forms: Form[];
  /** The index of the forms with one hash. The index is built when a text contains this hash for the first time. */
  index: FormIndex | undefined;
}

/**
 * Marks the hashes of four units at the first positions of the forms. The mark `ANY` applies to every form. The mark `CUT` applies to forms that may
 * be split into lines. All searches share the array because the array is large. At its end, each search removes its marks from the array.
 */
const marked = new Uint8Array(1 << HASH_BITS);
const ANY = 1;
const CUT = 2;

export interface TextSearch {
  /**
   * Returns the spans of the found forms, as positions from the start of `text`. The spans are sorted, and adjacent spans are merged. If `joined` is
   * true, the caller removed the line breaks from `text`, and the search finds only forms that may be split into lines. The search treats `+` and a
   * space as equal, because URL-encoded form data contains `+` in place of a space.
   */
  spansIn(text: Units, joined: boolean): Span[];
}

/** Calls `work` with a function that searches for `forms`. Calls cannot be nested, because all searches share one array. */
export function searching<T>(forms: readonly Form[], work: (search: TextSearch) => T): T {
  const groups = new Map<number, Group>();
  for (const form of forms) {
    const hash = gramOf(form.text, 0);
    const group = groups.get(hash);
    if (group === undefined) groups.set(hash, { forms: [form], index: undefined });
    else group.forms.push(form);
  }
  // INVARIANT: at every offset, a form contains four consecutive units whose first position is a multiple of `step`.
  const shortest = forms.reduce((least, { text }) => Math.min(least, text.length), MOST_STEP + GRAM);
  const step = Math.min(MOST_STEP, shortest - GRAM + 1);

  const budget = { left: MOST_WORK };
  const formAt = (text: Units, at: number, group: Group, joined: boolean): Form | undefined => {
    group.index ??= formIndex(group.forms);
    return longestFormAt(group.index, text, at, joined, budget);
  };

  const spansIn = (text: Units, joined: boolean): Span[] => {
    const mark = joined ? CUT : ANY;
    const spans: { start: number; end: number }[] = [];
    const { units, start: first, end: last } = text;
    for (let i = first; i <= last - GRAM; i += step) {
      const [a, b, c, d] = [units[i], units[i + 1], units[i + 2], units[i + 3]] as [number, number, number, number];
      if (((marked[gram(a, b, c, d)] as number) & mark) === 0) continue;
      for (let at = Math.max(first, i - step + 1); at <= i; at++) {
        const group = groups.get(gramAt(units, at));
        const found = group && formAt(text, at, group, joined);
        if (budget.left < 0) return [{ start: 0, end: last - first }];
        if (found === undefined) continue;
        const { start, end } = around(text, at, found);
        const before = spans.at(-1);
        if (before !== undefined && start <= before.end) {
          before.end = Math.max(before.end, end);
          before.start = Math.min(before.start, start);
        } else spans.push({ start, end });
      }
    }
    return spans;
  };

  const marks: number[] = [];
  const markAs = (mark: number) => (hash: number) => {
    const previous = marked[hash] as number;
    if (previous === 0) marks.push(hash);
    marked[hash] = previous | mark;
  };
  const [markAny, markCut] = [markAs(ANY), markAs(ANY | CUT)];
  try {
    for (const { text, cut } of forms) for (let at = 0; at < step; at++) eachGram(text, at, cut ? markCut : markAny);
    return work({ spansIn });
  } finally {
    for (const hash of marks) marked[hash] = 0;
  }
}

const OF_BASE64 = /[A-Za-z0-9+/_-]/;
const isOfBase64 = (unit: number | undefined) => OF_BASE64.test(String.fromCharCode(unit as number));
const EQUALS = 0x3d;

/**
 * Returns the span to hide for a form that was found at `at`. The span includes adjacent base64 characters that contain bits of the hidden text. The
 * span also includes the base64 padding, because the padding reveals the length of the hidden text.
 */
function around({ units, start: first, end: last }: Units, at: number, { length, before, after }: Form): Span {
  let start = at;
  let end = Math.min(at + length, last);
  for (let i = 0; i < before && start > first && isOfBase64(units[start - 1]); i++) start--;
  for (let i = 0; i < after && end < last && isOfBase64(units[end]); i++) end++;
  if (after > 0) for (let i = 0; i < 2 && end < last && units[end] === EQUALS; i++) end++;
  return { start: start - first, end: end - first };
}

/** Returns the hash of four UTF-16 units. */
const gram = (a: number, b: number, c: number, d: number) => ((a << 15) ^ (b << 10) ^ (c << 5) ^ d) & HASH_MASK;

const gramAt = (units: Uint16Array, at: number) =>
  gram(
    folded(units[at] as number),
    folded(units[at + 1] as number),
    folded(units[at + 2] as number),
    folded(units[at + 3] as number),
  );

function gramOf(form: string, at: number): number {
  const unit = (i: number) => folded(form.charCodeAt(at + i));
  return gram(unit(0), unit(1), unit(2), unit(3));
}

/**
 * Calls `visit` with the hash of four units of `form` from `at`. For each space among the four units, `visit` is also called with the hash of the
 * units with `+` in place of the space.
 */
function eachGram(form: string, at: number, visit: (hash: number) => void, rest = GRAM, hash = 0): void {
  if (rest === 0) {
    visit(hash);
    return;
  }
  const unit = folded(form.charCodeAt(at));
  eachGram(form, at + 1, visit, rest - 1, ((hash << 5) ^ unit) & HASH_MASK);
  if (unit === SPACE) eachGram(form, at + 1, visit, rest - 1, ((hash << 5) ^ PLUS) & HASH_MASK);
}

/** Sorts spans, and merges adjacent spans and overlapping spans. */
export function merged(spans: readonly Span[]): Span[] {
  const sorted = spans.toSorted((a, b) => a.start - b.start);
  const result: { start: number; end: number }[] = [];
  for (const { start, end } of sorted) {
    const last = result.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

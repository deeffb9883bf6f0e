// Finds the parts of a text that contain hidden texts, in every reading of the text.
import { type Reading, readingOf, type Span, spanInText, unescaped, unescapedText } from './reading.ts';
import { BREAK, baseOf } from './skeleton.ts';
import { unpacked } from './unpacked.ts';
import { type Budget, search, type ValueIndex } from './value-index.ts';

/** The maximum number of nested levels of base64, hexadecimal digits and byte lists. */
const MOST_UNPACKED = 4;
/** The maximum number of nested levels of escape sequences. A string with more levels is hidden completely. */
const MOST_ESCAPES = 6;

/**
 * Returns the spans to hide, sorted and merged. In `text`, a zero unit or `BREAK` separates strings. Each reading is made from the previous reading: escape
 * sequences are decoded until there are none, then base64, hexadecimal digits and byte lists.
 */
export function hiddenSpans(text: string, indexes: readonly ValueIndex[], budget: Budget): Span[] {
  const spans: Span[] = [];
  /** Searches a reading. Returns the positions at which an escape sequence can begin. */
  const look = (reading: Reading, ranges: readonly number[]): readonly number[] => {
    let signs: readonly number[] = [];
    for (const index of indexes)
      signs = search(index, reading, ranges, budget, (start, end) => {
        // A zero unit separates strings and decoded texts. Neighbours need not be neighbours in the text.
        for (let from = start, to = start; to <= end; to++) {
          if (to < end && reading.units[to] !== 0) continue;
          if (to > from) spans.push(spanInText(reading, from, to));
          from = to + 1;
        }
      });
    return signs;
  };
  const first = readingOf(text);
  let reading: Reading | undefined = first;
  for (let depth = 0; reading !== undefined; depth++) {
    let signs = look(reading, [0, reading.end]);
    for (let level = 0; ; level++) {
      const undone: Reading | undefined = unescaped(reading, signs);
      if (undone === undefined) break;
      if (level === MOST_ESCAPES) {
        addStringsWithEscapes(undone, first, spans);
        break;
      }
      reading = undone;
      signs = look(reading, changedRanges(reading));
    }
    if (budget.left < 0) return [{ start: 0, end: text.length }];
    reading = depth === MOST_UNPACKED ? undefined : unpacked(reading);
  }
  return merged(spans);
}

/** The number of letters and digits around a decoded escape sequence that are searched. INVARIANT: every entry of an index is shorter. */
const NEAR = 80;

/**
 * Returns the starts and ends of the ranges in which a reading can contain more than the reading from which the reading was decoded. A part of a value
 * without a decoded escape sequence was found before.
 */
function changedRanges({ units, end, changes = [] }: Reading): number[] {
  const ranges: number[] = [];
  for (let i = 0; i < changes.length; i += 2) {
    const before = ranges.at(-1) ?? 0;
    let from = changes[i] as number;
    for (let near = 0; from > before && near < NEAR; from--) if (baseOf(units[from - 1] as number) > 0) near++;
    let to = Math.max(before, changes[i + 1] as number);
    for (let near = 0; to < end && near < NEAR; to++) if (baseOf(units[to] as number) > 0) near++;
    if (i > 0 && from <= before) ranges[ranges.length - 1] = to;
    else ranges.push(from, to);
  }
  return ranges;
}

/** Returns whether a complete string equals a text that is hidden only as a complete string. Escape sequences are decoded once. */
export function isWholeText(text: string, indexes: readonly ValueIndex[]): boolean {
  for (const { whole, longestWhole } of indexes) {
    if (text.length > LONGEST_ESCAPED * longestWhole) continue;
    if (
      text.length <= longestWhole &&
      (whole.has(text) || (text.includes('+') && whole.has(text.replaceAll('+', ' '))))
    )
      return true;
    const undone = unescapedText(text);
    if (undone !== undefined && whole.has(undone)) return true;
  }
  return false;
}

/** The maximum number of UTF-16 units of the usual escape sequences of one character. */
const LONGEST_ESCAPED = 8;

/** Adds the strings of the text `units` that contain an escape sequence that `reading` decoded. */
function addStringsWithEscapes(reading: Reading, { units, end: last }: Reading, strings: Span[]): void {
  const starts = reading.starts as Int32Array;
  for (let at = 0, end = -1; at < reading.end; at++) {
    if ((starts[at + 1] as number) - (starts[at] as number) === 1) continue;
    let { start, end: to } = spanInText(reading, at, at + 1);
    if (start < end) continue;
    while (start > 0 && !isSeparator(units[start - 1])) start--;
    while (to < last && !isSeparator(units[to])) to++;
    end = to;
    strings.push({ start, end });
  }
}

const isSeparator = (unit: number | undefined) => unit === 0 || unit === BREAK;

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

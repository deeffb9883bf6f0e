// Finds hidden texts in a reading of a text, by their skeletons.
import type { Reading } from './reading.ts';
import { baseOf, type Skeleton } from './skeleton.ts';
import {
  exactHash,
  GRAM,
  HASH,
  type IndexedText,
  LENGTH,
  NEXT,
  OFFSET,
  RANDOM,
  RANDOM_MASK,
  SHORTEST,
  START,
  TEXT,
  type ValueIndex,
} from './value-index.ts';

/** Other texts that begin inside a found text are compared only if they begin in its last characters. */
const OVERLAP = 8;

/** Receives the spans in the reading. */
type Found = (start: number, end: number) => void;

/** The work that is left for one payload, in compared characters. */
export interface Budget {
  left: number;
}

/** Calls `found` for each place at which a text of the index occurs in `reading`. `skeleton` is the skeleton of the reading. */
export function search(index: ValueIndex, reading: Reading, skeleton: Skeleton, budget: Budget, found: Found): void {
  const { filter, shift, heads, entries, units: hidden, texts } = index;
  const { units, places, length } = skeleton;
  let [coveredTo, coveredShift] = [0, 0];

  const compare = (entry: number, at: number): void => {
    const difference = (entries[entry + START] as number) - at;
    const size = entries[entry + LENGTH] as number;
    const text = texts[entries[entry + TEXT] as number] as IndexedText;
    const isWindow = text.comparison === 'WINDOW';
    if (isWindow && (difference === coveredShift ? at < coveredTo : at + size + OVERLAP <= coveredTo)) return;
    if (at < 0) return;
    let [from, to] = [at, at];
    while (to < length && to < at + size && units[to] === hidden[to + difference]) to++;
    budget.left -= to - from;
    if (to < at + size) return;
    if (isWindow) {
      while (from > 0 && units[from - 1] === hidden[from - 1 + difference]) from--;
      while (to < length && units[to] === hidden[to + difference]) to++;
      budget.left -= to - from;
      if (to > coveredTo) [coveredTo, coveredShift] = [to, difference];
    } else if (!isWhole(reading.units, skeleton, from, to, text)) return;
    let [start, end] = [places[from] as number, (places[to - 1] as number) + 1];
    // The signs at the start and at the end of a text are hidden with the text. Blanks between the signs may be missing.
    if (hidden[from - 1 + difference] === 0)
      for (let i = text.start - 1, sign = text.text.charCodeAt(i); i >= 0; sign = text.text.charCodeAt(--i))
        if (isSame(reading.units[start - 1], sign)) start--;
        else if (sign > 0x20) break;
    if (hidden[to + difference] === 0)
      for (let i = text.end, sign = text.text.charCodeAt(i); i < text.text.length; sign = text.text.charCodeAt(++i))
        if (isSame(reading.units[end], sign)) end++;
        else if (sign > 0x20) break;
    found(start, end);
  };

  let hash = 0;
  for (let i = 0; i < length && budget.left >= 0; i++) {
    hash = ((hash << 4) + (RANDOM[(units[i] as number) & RANDOM_MASK] as number)) | 0;
    const slot = hash >>> shift;
    if (((filter[slot >>> 5] as number) & (1 << (slot & 31))) === 0 || i < GRAM - 1) continue;
    for (let entry = heads[slot >>> 4] as number; entry > 0; entry = entries[entry + NEXT] as number) {
      budget.left--;
      if (entries[entry + HASH] === hash) compare(entry, i - GRAM + 1 - (entries[entry + OFFSET] as number));
    }
  }
  if (index.exact.size > 0) searchExact(index.exact, reading, found);
}

/** True if two signs are equal. Forms encode a space as `+`. */
const isSame = (a: number | undefined, b: number) =>
  a === b || (a === 0x2b && b === 0x20) || (a === 0x20 && b === 0x2b);

/** Returns whether a text with little information is hidden: in one string, with few more signs than the hidden text, and between signs if need be. */
function isWhole(
  raw: Uint16Array,
  { places }: Skeleton,
  from: number,
  to: number,
  { text, comparison }: IndexedText,
): boolean {
  const [start, end] = [places[from] as number, (places[to - 1] as number) + 1];
  if (end - start > 2 * text.length + 24) return false;
  for (let at = start; at < end; at++) if (raw[at] === 0) return false;
  if (comparison === 'BOUNDED' && !isBounded(raw, start, end)) return false;
  let gaps = 0;
  for (let i = from + 1; i < to; i++) if (places[i] !== (places[i - 1] as number) + 1) gaps++;
  return gaps <= (to - from) / 3 + 1 + text.length - (to - from);
}

/** True if neither a letter nor a digit outside the span continues a letter or digit at an end of the span. */
const isBounded = (raw: Uint16Array, start: number, end: number) =>
  (start === 0 || baseOf(raw[start] as number) === 0 || baseOf(raw[start - 1] as number) === 0) &&
  (baseOf(raw[end - 1] as number) === 0 || baseOf(raw[end] as number) === 0);

function searchExact(exact: ValueIndex['exact'], { units, end }: Reading, found: Found): void {
  const unitAt = (at: number) => units[at] as number;
  for (let at = 0; at <= end - SHORTEST; at++) {
    for (const text of exact.get(exactHash(unitAt, at)) ?? []) {
      let same = 0;
      while (same < text.length && isSame(units[at + same], text.charCodeAt(same))) same++;
      if (same === text.length && isBounded(units, at, at + same)) found(at, at + same);
    }
  }
}

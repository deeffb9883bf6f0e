// What a text says once its escapes are undone, and where that stands in it.
import { Buffer } from 'node:buffer';
import {
  BACKSLASH,
  BREAKS,
  ESCAPES,
  escapeAt,
  FORM_BREAKS,
  KIND,
  LONGEST_ESCAPE,
  lengthOf,
  PLUS,
  pointOf,
} from './escapes.ts';
import type { Units } from './forms-alike.ts';
import type { Span } from './text-search.ts';

export interface Reading extends Units {
  /** Whether line breaks, and what indents the lines after them, are left out. */
  readonly joined: boolean;
  /** Where in the text that was read a span of this one stands. */
  spanOf(span: Span): Span;
}

/** Levels of escapes that are undone, each within the one before it. */
const MOST_LEVELS = 5;
/** Levels at which each kind is undone without the others: two encodings, one within the other, are told exactly. */
const EACH_ALONE = 2;
const EVERY_ESCAPE = ESCAPES.reduce((all, kind) => all | kind, 0);

/**
 * Reads texts: as they are and as they read with escapes undone, any kind, any kind within any kind, and further on all kinds at a time; each also
 * with its lines joined. Some thirty readings at most, mostly one to four, which are good until the next text is read. Undefined if there is more
 * to be undone than is tried: then nobody knows what it says.
 */
export function reader(): (text: string) => readonly Reading[] | undefined {
  let room = new Uint16Array(1_024);
  /** From `start` on there is room for so many units, and a few more. */
  const roomFor = (start: number, length: number): Uint16Array => {
    const needed = start + length + LONGEST_ESCAPE;
    // Readings made before keep the room that they were made in.
    if (needed > room.length) room = new Uint16Array(2 * needed);
    return room;
  };

  return (text) => {
    const first = asItIs(text, roomFor(0, text.length));
    if ((first.kinds & ~PLUS) === 0) return [first];

    const all: Read[] = [first];
    const undone = (reading: Read, wanted: number): Read | undefined => {
      const kinds = wanted & reading.kinds;
      if (kinds === 0) return undefined;
      const known = reading.undone[kinds];
      if (known !== undefined) return known ?? undefined;
      const last = all.at(-1) as Read;
      const start = last.units === room ? last.end + 1 : 0;
      const made = undo(reading, kinds, roomFor(start, reading.end - reading.start), start);
      const same = made && all.find((one) => isSame(one, made));
      if (made !== undefined && same === undefined) all.push(made);
      reading.undone[kinds] = same ?? made ?? null;
      return same ?? made;
    };

    let level: readonly Read[] = [first];
    for (let depth = 0; depth < EACH_ALONE; depth++) {
      // One kind that is undone makes others, so that their order matters.
      level = level.flatMap((reading) => ESCAPES.flatMap((kind) => undone(reading, kind) ?? []));
    }
    let last = level.at(-1);
    for (let depth = EACH_ALONE; last !== undefined; depth++) {
      last = undone(last, EVERY_ESCAPE);
      if (last !== undefined && depth === MOST_LEVELS) return undefined;
    }
    for (const reading of [...all]) {
      undone(reading, BREAKS);
      if ((reading.kinds & PLUS) !== 0) undone(reading, FORM_BREAKS);
    }
    return all;
  };
}

/** A text with the escapes of JSON undone once, and where in it stands what stands at a place of that. Undefined if it has none. */
export function unescaped(text: string): { text: string; place(at: number): number } | undefined {
  if (!text.includes('\\')) return undefined;
  const unitsFor = () => new Uint16Array(text.length + LONGEST_ESCAPE);
  const read = undo(asItIs(text, unitsFor()), BACKSLASH, unitsFor(), 0);
  if (read === undefined) return undefined;
  return { text: bytesOf(read).toString('utf16le'), place: (at) => read.spanOf({ start: at, end: at }).start };
}

interface Read extends Reading {
  /** What there may be to undo in it. */
  readonly kinds: number;
  /** What came of undoing these kinds; null if that was nothing. */
  readonly undone: (Read | null)[];
}

/** Below this copying unit by unit is faster. */
const SHORT = 64;

function asItIs(text: string, units: Uint16Array): Read {
  const end = text.length;
  if (end < SHORT) for (let i = 0; i < end; i++) units[i] = text.charCodeAt(i);
  else Buffer.from(units.buffer, 0, 2 * end).write(text, 'utf16le');
  units[end] = 0;
  let kinds = 0;
  for (let i = 0; i < end; i++) kinds |= KIND[units[i] as number] as number;
  return { units, start: 0, end, joined: false, kinds, undone: [], spanOf: (span) => span };
}

const bytesOf = ({ units, start, end }: Units) => Buffer.from(units.buffer, 2 * start, 2 * (end - start));

const isSame = (a: Units, b: Units) => a.end - a.start === b.end - b.start && bytesOf(a).equals(bytesOf(b));

/** What was undone, in order: from where to where what took its place stands, and where it ended; from the starts of both. */
interface Edits {
  readonly starts: number[];
  readonly ends: number[];
  readonly places: number[];
}

/** The reading with escapes or line breaks of these kinds undone, written into `units` from `start` on. Undefined if there are none. */
function undo(before: Read, kinds: number, units: Uint16Array, start: number): Read | undefined {
  const { end, kinds: left } = write(before, kinds, units, start);
  if (end - start === before.end - before.start) return undefined;
  // Where things stood is asked for only where something was found: seldom, so that it is worked out then.
  let edits: Edits | undefined;
  const spanOf = (span: Span): Span => {
    if (edits === undefined) {
      edits = { starts: [], ends: [], places: [] };
      write(before, kinds, units, start, edits);
    }
    return before.spanOf({ start: placeOfStart(span.start, edits), end: placeOfEnd(span.end, edits) });
  };
  return { units, start, end, joined: isOfBreaks(kinds), kinds: left, undone: [], spanOf };
}

/** Where it ended, and which kinds there may be to undo in what was written. The same whenever it is done again. */
function write(before: Units, kinds: number, units: Uint16Array, start: number, edits?: Edits) {
  const { units: from, end } = before;
  const isBreak = isOfBreaks(kinds);
  const kindOf = KIND;
  let to = start;
  let left = 0;
  for (let at = before.start; at < end; ) {
    // Most by far is copied: as native code does it, where that is long enough to pay.
    let next = at;
    let unit = from[next] as number;
    let kind = kindOf[unit] as number;
    while ((kind & kinds) === 0 && next < end) {
      left |= kind;
      unit = from[++next] as number;
      kind = kindOf[unit] as number;
    }
    if (next - at >= SHORT) units.set(from.subarray(at, next), to);
    else for (let i = 0; i < next - at; i++) units[to + i] = from[at + i] as number;
    to += next - at;
    at = next;
    if (at === end) break;
    const found = isBreak ? 0 : escapeAt(from, at, kind);
    if (found < 0) {
      units[to++] = unit;
      left |= kind;
      at++;
      continue;
    }
    const begun = to;
    if (isBreak) at = endOfBreak(before, at + 1, kinds);
    else {
      const point = pointOf(found);
      if (point > 0xffff) units[to++] = 0xd7c0 + (point >> 10);
      const last = point > 0xffff ? 0xdc00 | (point & 0x3ff) : point;
      units[to++] = last;
      left |= KIND[last] as number;
      at += lengthOf(found);
    }
    if (edits !== undefined) {
      edits.starts.push(begun - start);
      edits.ends.push(to - start);
      edits.places.push(at - before.start);
    }
  }
  // No escape goes on behind it.
  units[to] = 0;
  return { end: to, kinds: left };
}

const isOfBreaks = (kinds: number) => kinds === BREAKS || kinds === FORM_BREAKS;

/** Further breaks and blanks are of the same break. */
function endOfBreak({ units, end }: Units, from: number, kinds: number): number {
  let at = from;
  while (at < end && (isBlank(units[at] as number) || (kinds === FORM_BREAKS && units[at] === 0x2b))) at++;
  return at;
}
const isBlank = (unit: number) => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

/** Behind what was left out there. INVARIANT: what takes the place of a stretch begins where it began, so that only its end need be known. */
function placeOfStart(at: number, { ends, places }: Edits): number {
  const i = countWhere(ends, (end) => end <= at) - 1;
  return i < 0 ? at : (places[i] as number) + at - (ends[i] as number);
}

/** Before what was left out there. */
function placeOfEnd(at: number, { starts, ends, places }: Edits): number {
  const i = countWhere(starts, (start) => start < at) - 1;
  return i < 0 ? at : (places[i] as number) + Math.max(0, at - (ends[i] as number));
}

/** How many of a rising list meet a condition that the first ones meet. */
function countWhere(list: readonly number[], meets: (one: number) => boolean): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (meets(list[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}

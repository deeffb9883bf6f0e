// Finds many texts in a text, in one pass over it however many they are.
import type { Form } from './hidden-texts.ts';

/** From `start` up to `end`, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const GRAM = 4;
const LONG = 16;
const HASH_BITS = 20;
const HASH_MASK = (1 << HASH_BITS) - 1;
/**
 * Comparisons that one search spends, a comparison of 16 characters each. Honest texts take few, since what is compared begins alike. Texts made to
 * take more are hidden whole from then on.
 */
const MOST_WORK = 2_000_000;

interface Group {
  /** 4 to 15 units, longest first. */
  short: Form[];
  /** The others, by a hash of their first 16 units, longest first. */
  long: Map<number, Form[]>;
}

/** Which hashes of four units begin a form. One for all, since it is large; whoever searches marks it and wipes it. */
const marked = new Uint8Array(1 << HASH_BITS);

export interface TextSearch {
  /** Where forms stand, overlapping ones together: in order, with something between them. */
  spansIn(text: string): Span[];
}

/** Lets `work` search for `forms`. Not in one another. */
export function searching<T>(forms: readonly Form[], work: (search: TextSearch) => T): T {
  const groups = new Map<number, Group>();
  for (const form of forms) {
    const hash = gramAt(form.text, 0);
    const group: Group = groups.get(hash) ?? { short: [], long: new Map() };
    groups.set(hash, group);
    if (form.text.length < LONG) group.short.push(form);
    else {
      const long = longHashAt(form.text, 0);
      const alike = group.long.get(long);
      if (alike === undefined) group.long.set(long, [form]);
      else alike.push(form);
    }
  }
  const longestFirst = (a: Form, b: Form) => b.length - a.length;
  for (const { short, long } of groups.values()) {
    short.sort(longestFirst);
    for (const alike of long.values()) alike.sort(longestFirst);
  }

  let left = MOST_WORK;
  const longest = (candidates: readonly Form[], text: string, at: number): Form | undefined => {
    for (const form of candidates) {
      left -= 1 + (form.text.length >> 4);
      if (text.startsWith(form.text, at)) return form;
    }
    return undefined;
  };
  const formAt = (text: string, at: number, group: Group): Form | undefined => {
    if (group.long.size > 0 && at + LONG <= text.length) {
      left -= 1;
      const alike = group.long.get(longHashAt(text, at));
      const found = alike && longest(alike, text, at);
      if (found !== undefined) return found;
    }
    return longest(group.short, text, at);
  };

  const spansIn = (text: string): Span[] => {
    const spans: { start: number; end: number }[] = [];
    const { length } = text;
    if (length < GRAM) return spans;
    // INVARIANT: five bits a unit, so that twenty hold four units and nothing of the one before them.
    let hash = (text.charCodeAt(0) << 10) ^ (text.charCodeAt(1) << 5) ^ text.charCodeAt(2);
    for (let i = GRAM - 1; i < length; i++) {
      hash = ((hash << 5) ^ text.charCodeAt(i)) & HASH_MASK;
      if (marked[hash] === 0) continue;
      const at = i - GRAM + 1;
      const found = formAt(text, at, groups.get(hash) as Group);
      if (left < 0) return [{ start: 0, end: length }];
      if (found === undefined) continue;
      const { start, end } = around(text, at, found);
      const last = spans.at(-1);
      if (last !== undefined && start <= last.end) {
        last.end = Math.max(last.end, end);
        last.start = Math.min(last.start, start);
      } else spans.push({ start, end });
    }
    return spans;
  };

  try {
    for (const hash of groups.keys()) marked[hash] = 1;
    return work({ spansIn });
  } finally {
    for (const hash of groups.keys()) marked[hash] = 0;
  }
}

const OF_BASE64 = /[A-Za-z0-9+/_-]/;

/** What to hide of a form that stands at `at`: characters of base64 that hold a part of the hidden text as well, and the padding, which tells of its length. */
function around(text: string, at: number, { length, before, after }: Form): Span {
  let start = at;
  let end = Math.min(at + length, text.length);
  for (let i = 0; i < before && start > 0 && OF_BASE64.test(text[start - 1] as string); i++) start--;
  for (let i = 0; i < after && end < text.length && OF_BASE64.test(text[end] as string); i++) end++;
  if (after > 0) for (let i = 0; i < 2 && text[end] === '='; i++) end++;
  return { start, end };
}

function gramAt(text: string, at: number): number {
  let hash = 0;
  for (let i = at; i < at + GRAM; i++) hash = ((hash << 5) ^ text.charCodeAt(i)) & HASH_MASK;
  return hash;
}

function longHashAt(text: string, at: number): number {
  let hash = 0;
  for (let i = at; i < at + LONG; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Spans in order, those that touch made one. */
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

// JSON within a text, and what stands in it below certain keys. It need not be all of the text, nor end well.
import { unescaped } from './readings.ts';
import type { Span } from './text-search.ts';

/** The value of a member, where it stands in the text. */
export interface Member extends Span {
  readonly key: string;
  /** A quote as they are written around the key: `"`, or with the escapes of JSON within JSON. */
  readonly quote: string;
  /** The value as JSON; where there is none that ends, all that comes after the key. */
  readonly source: string;
}

/** Members of a text below these keys, none within another; `all` if it has so many levels of escapes that nobody knows what it says. */
export type MembersIn = (text: string) => readonly Member[] | 'all';

/** Each doubles the backslashes of the one within it. */
const MOST_LEVELS = 8;

/** A text of one level of escapes less, and what it was read from. */
interface Level {
  readonly text: string;
  /** Where in what it was read from stands what stands at `at`; of the end, the end. */
  place(at: number): number;
  readonly from: Level | undefined;
}

/** Finds members by any of `keys`, in time linear in the text. Values that are hidden already are none. */
export function membersByKeys(keys: ReadonlySet<string>): MembersIn {
  if (keys.size === 0) return () => NOTHING;
  // INVARIANT: what is told from the quote before it is the end of a key that has one; others that end so are hidden with it.
  const names = new Set([...keys].map((key) => key.slice(key.lastIndexOf('"') + 1)));
  // Only these look the same with and without escapes.
  const anyName = [...names].every((name) => /^[\w -]+$/.test(name)) ? new RegExp([...names].join('|')) : undefined;

  /** Most texts name no key, and whatever comes next takes longer than looking for one. */
  const mayName = (text: string): boolean => {
    const escaped = text.includes('\\');
    if (!escaped && !text.includes('"')) return false;
    return anyName?.test(text) !== false || (escaped && /\\u[\da-f]{4}/i.test(text));
  };
  const find = (text: string): ReturnType<MembersIn> => {
    const starts = new Map<Level, Map<number, Found>>();
    let level: Level = { text, place: (at) => at, from: undefined };
    for (let depth = 0; ; depth++) {
      for (const found of keysIn(level, names)) {
        const known = starts.get(found.level) ?? new Map<number, Found>();
        starts.set(found.level, known.set(found.after, found));
      }
      const undone = unescaped(level.text);
      if (undone === undefined) break;
      if (depth === MOST_LEVELS) return 'all';
      level = { ...undone, from: level };
    }
    return withoutInner([...starts].flatMap(([at, found]) => membersAt(at, [...found.values()])));
  };
  // A payload is gone through twice.
  const known = new Map<string, ReturnType<MembersIn>>();
  return (text) => {
    if (!mayName(text)) return NOTHING;
    const members = known.get(text) ?? find(text);
    known.set(text, members);
    return members;
  };
}

const NOTHING: readonly Member[] = [];

/** A key and its colon, at the level at which its quotes are not escaped. */
interface Found {
  readonly level: Level;
  readonly key: string;
  /** Of the key's second quote. */
  readonly quote: number;
  /** Behind the colon. */
  readonly after: number;
}

function* keysIn(level: Level, names: ReadonlySet<string>): Generator<Found> {
  const ends = /"\s*:/g;
  for (let end = ends.exec(level.text); end !== null; end = ends.exec(level.text)) {
    const open = end.index === 0 ? -1 : level.text.lastIndexOf('"', end.index - 1);
    const key = level.text.slice(open + 1, end.index);
    if (open >= 0 && names.has(key)) yield atItsLevel({ level, key, quote: end.index, after: ends.lastIndex });
  }
}

/** Letters of a key may be escaped where its quotes are not: then what comes after it is to be read without undoing anything. */
function atItsLevel(found: Found): Found {
  const { level, key, quote, after } = found;
  if (level.from === undefined) return found;
  const place = level.place(quote);
  const isPlain = level.from.text[place] === '"' && level.place(quote + 1) === place + 1;
  return isPlain ? atItsLevel({ level: level.from, key, quote: place, after: level.place(after) }) : found;
}

function membersAt(level: Level, found: readonly Found[]): Member[] {
  const members: Member[] = [];
  const { text } = level;
  let end = 0;
  for (const { key, quote, after } of found.toSorted((a, b) => a.after - b.after)) {
    if (after < end) continue;
    const start = after + text.slice(after).search(/\S|$/);
    end = endOfValue(text, start);
    const source = text.slice(start, end);
    if (source === '' || HIDDEN.test(source)) continue;
    const [from, to] = [inText(level, start), inText(level, end)];
    members.push({ start: from, end: to, key, quote: inText(level, quote, quote + 1), source });
  }
  return members;
}

const HIDDEN = /^"?\*{3}"?$/;

function inText(level: Level, at: number): number;
function inText(level: Level, start: number, end: number): string;
function inText(level: Level, start: number, end?: number): number | string {
  let [one, from, to] = [level, start, end ?? start];
  while (one.from !== undefined) {
    [from, to] = [one.place(from), one.place(to)];
    one = one.from;
  }
  return end === undefined ? from : one.text.slice(from, to);
}

function withoutInner(members: readonly Member[]): Member[] {
  const outer: Member[] = [];
  for (const member of members.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (member.end > (outer.at(-1)?.end ?? -1)) outer.push(member);
  }
  return outer;
}

/** Where the JSON value that begins at `start` ends; the end of the text if it is none. */
function endOfValue(text: string, start: number): number {
  const end = endOfJson(text, start);
  if (text.slice(start, end) === '***') return end;
  try {
    JSON.parse(text.slice(start, end));
    return end;
  } catch {
    return text.length;
  }
}

function endOfJson(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') {
    return start + text.slice(start).search(/[^\w.+*-]|$/);
  }
  const marks = /["{}[\]]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') marks.lastIndex = endOfString(text, mark.index);
    else if (mark[0] === '{' || mark[0] === '[') depth++;
    else if (--depth === 0) return marks.lastIndex;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  const marks = /["\\]/g;
  marks.lastIndex = start + 1;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === '"') return marks.lastIndex;
    marks.lastIndex = mark.index + 2;
  }
  return text.length;
}

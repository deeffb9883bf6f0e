// Finds fields with the requested names in JSON that is inside a text. The text can contain other characters besides the JSON, and the JSON can be
// incomplete.
import { BACKSLASH } from './escapes.ts';
import { type Reading, readingOf, type Span, signsOf, spanInText, textOf, unescaped } from './reading.ts';

/** A field of JSON inside a text. The span contains the start and the end of the field's value. */
export interface Member extends Span {
  readonly key: string;
  /** The quote around the field's name. The quote is `"`, preceded by backslashes if the JSON is inside other JSON. */
  readonly quote: string;
  /** The field's value in JSON. If the value is incomplete, `source` is the rest of the text after the field's name. */
  readonly source: string;
}

export interface MemberFinder {
  /** Returns false if neither the text nor any part of the text contains a requested field. A fast check. */
  mayFind(text: string): boolean;
  /**
   * Finds JSON fields in a text, in linear time. The result omits fields that are inside another found field, and fields whose value is already `***`.
   * Returns `all` if the text contains too many levels of escapes to decode.
   */
  find(text: string): readonly Member[] | 'all';
}

/** The maximum number of levels of JSON inside JSON. Each level doubles the number of backslashes. */
const MOST_ESCAPED = 8;
const NOTHING: readonly Member[] = [];

/** Returns a function that finds JSON fields whose names are in `keys`. */
export function memberFinder(keys: ReadonlySet<string>): MemberFinder {
  // INVARIANT: a field name that contains a quote is recognized by its part after the last quote. Other fields whose names end with this part are
  // hidden as well.
  const names = new Set([...keys].map((key) => key.slice(key.lastIndexOf('"') + 1)));
  // Matches any of the field names. The pattern is undefined if JSON escapes could change a name.
  const anyName = [...names].every((name) => /^[\w -]+$/.test(name)) ? new RegExp([...names].join('|')) : undefined;

  const mayFind = (text: string): boolean => {
    const escaped = text.includes('\\');
    if (names.size === 0 || (!escaped && !text.includes('"'))) return false;
    return anyName?.test(text) !== false || (escaped && /\\u[\da-f]{4}/i.test(text));
  };
  return {
    mayFind,
    find(text) {
      if (!mayFind(text)) return NOTHING;
      const levels: Level[] = [];
      const members = new Map<number, Member>();
      for (let reading = readingOf(text); ; ) {
        levels.push({ reading, text: textOf(reading) });
        for (const member of membersIn(levels, names)) members.set(member.start, member);
        const undone = unescaped(reading, signsOf(reading, BACKSLASH));
        if (undone === undefined) return withoutInner([...members.values()]);
        if (levels.length > MOST_ESCAPED) return 'all';
        reading = undone;
      }
    },
  };
}

/** A text in which zero or more levels of escapes were decoded. */
interface Level {
  readonly text: string;
  readonly reading: Reading;
}

/** Finds the fields whose names are in the last level. */
function* membersIn(levels: readonly Level[], names: ReadonlySet<string>): Generator<Member> {
  const { text } = levels.at(-1) as Level;
  const ends = /"\s*:/g;
  const searchedTo = levels.map(() => 0);
  const startsOf = (depth: number) => levels[depth]?.reading.starts;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    let [quote, after] = [end.index, ends.lastIndex];
    const open = quote === 0 ? -1 : text.lastIndexOf('"', quote - 1);
    const key = text.slice(open + 1, quote);
    if (open < 0 || !names.has(key)) continue;
    // The letters of a name can be escaped although its quotes are not. The value is in the level in which the quotes are not escaped.
    let depth = levels.length - 1;
    for (let starts = startsOf(depth); starts !== undefined; starts = startsOf(depth)) {
      const place = starts[quote] as number;
      if ((starts[quote + 1] as number) !== place + 1) break;
      [quote, after, depth] = [place, starts[after] as number, depth - 1];
    }
    if (after < (searchedTo[depth] as number)) continue;
    const level = levels[depth] as Level;
    const start = after + level.text.slice(after).search(/\S|$/);
    const to = endOfValue(level.text, start);
    searchedTo[depth] = to;
    const source = level.text.slice(start, to);
    if (source === '' || HIDDEN.test(source)) continue;
    const written = spanInText(level.reading, quote, quote + 1);
    const of = { key, quote: levels[0]?.text.slice(written.start, written.end) ?? '', source };
    yield { ...spanInText(level.reading, start, to), ...of };
  }
}

const HIDDEN = /^"?\*{3}"?$/;

function withoutInner(members: readonly Member[]): Member[] {
  const outer: Member[] = [];
  for (const member of members.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (member.end > (outer.at(-1)?.end ?? -1)) outer.push(member);
  }
  return outer;
}

/** Returns the end of the JSON value that begins at `start`. If the value is not valid JSON, the function returns the end of the text. */
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

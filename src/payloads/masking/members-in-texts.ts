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
      const members: Member[] = [];
      let reading = readingOf(text);
      for (let depth = 0; ; depth++) {
        for (const member of membersIn(reading, text, names)) members.push(member);
        const undone = unescaped(reading, signsOf(reading, BACKSLASH));
        if (undone === undefined) return withoutInner(members);
        if (depth === MOST_ESCAPED) return 'all';
        reading = undone;
      }
    },
  };
}

/**
 * Finds the fields that are written with one more level of escapes than `reading`. A reading without decoded escapes contains the fields of the text
 * itself.
 */
function* membersIn(reading: Reading, original: string, names: ReadonlySet<string>): Generator<Member> {
  const text = textOf(reading);
  const { starts } = reading;
  const ends = /"\s*:\s*/g;
  for (let end = ends.exec(text); end !== null; end = ends.exec(text)) {
    const [quote, start] = [end.index, ends.lastIndex];
    const written = spanInText(reading, quote, quote + 1);
    const isSame = starts !== undefined && (starts[quote + 1] as number) === (starts[quote] as number) + 1;
    // The reading before contained the same quote and the same colon.
    if (isSame && (starts[start] as number) === (starts[quote] as number) + start - quote) continue;
    const key = keyBefore(text, quote, names);
    if (key === undefined) continue;
    // If only signs after the quote were escaped, the value was decoded too often, and its end is unknown.
    ends.lastIndex = isSame ? text.length : endOfValue(text, start);
    const source = text.slice(start, ends.lastIndex);
    if (source !== '' && !HIDDEN.test(source))
      yield {
        ...spanInText(reading, start, ends.lastIndex),
        key,
        quote: original.slice(written.start, written.end),
        source,
      };
  }
}

const HIDDEN = /^"?\*{3}"?$/;

/** Returns the name before the quote at `end`, if the name is in `names`. The letters of the name can be escaped although its quotes are not. */
function keyBefore(text: string, end: number, names: ReadonlySet<string>): string | undefined {
  let from = end;
  while (text[from - 1] === '\\') from--;
  // The quote itself is escaped.
  if ((end - from) % 2 === 1) return undefined;
  let written: string | undefined = text.slice(Math.max(0, text.lastIndexOf('"', end - 1)), end);
  for (let depth = 0; written !== undefined && depth <= MOST_ESCAPED; depth++) {
    const open = written.lastIndexOf('"');
    const key = written.slice(open + 1);
    if (open >= 0 && names.has(key)) return key;
    if (!written.includes('\\')) return undefined;
    const reading = readingOf(written);
    const undone = unescaped(reading, signsOf(reading, BACKSLASH));
    written = undone === undefined ? undefined : textOf(undone);
  }
  return undefined;
}

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

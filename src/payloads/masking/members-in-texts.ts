// Finds fields with the requested names in JSON that is inside a text. The text can contain other characters besides the JSON, and the JSON can be
// incomplete.
import { BACKSLASH } from './escapes.ts';
import { type Reading, readingOf, type Span, spanInText, textOf, unescaped } from './reading.ts';

/** A field of JSON inside a text. The span contains the start and the end of the field's value. */
export interface Member extends Span {
  readonly key: string;
  /** The quote around the field's name. The quote is `"`, preceded by backslashes if the JSON is inside other JSON. */
  readonly quote: string;
  /** The field's value in JSON. If the value is incomplete, `source` is the rest of the text after the field's name. */
  readonly source: string;
}

/**
 * Finds JSON fields in a text. The result omits fields that are inside another found field. Returns `all` if the text contains too many levels of
 * escapes to decode.
 */
export type MembersIn = (text: string) => readonly Member[] | 'all';

/** The maximum number of levels of JSON inside JSON. Each level doubles the number of backslashes. */
const MOST_ESCAPED = 8;

/** A text in which zero or more levels of escapes were decoded. */
interface Level {
  readonly text: string;
  readonly reading: Reading;
  /** The text before its last level of escapes was decoded. The field is undefined for the original text. */
  readonly from: Level | undefined;
}

/** Returns a function that finds JSON fields whose names are in `keys`, in linear time. The function skips fields whose value is already `***`. */
export function membersByKeys(keys: ReadonlySet<string>): MembersIn {
  if (keys.size === 0) return () => NOTHING;
  // INVARIANT: a field name that contains a quote is recognized by its part after the last quote. Other fields whose names end with this part are
  // hidden as well.
  const names = new Set([...keys].map((key) => key.slice(key.lastIndexOf('"') + 1)));
  // Matches any of the field names. The pattern is undefined if JSON escapes could change a name.
  const anyName = [...names].every((name) => /^[\w -]+$/.test(name)) ? new RegExp([...names].join('|')) : undefined;

  /** A fast check excludes texts that cannot contain any of the names. The slow search reads only the remaining texts. */
  const mayName = (text: string): boolean => {
    const escaped = text.includes('\\');
    if (!escaped && !text.includes('"')) return false;
    return anyName?.test(text) !== false || (escaped && /\\u[\da-f]{4}/i.test(text));
  };
  const find = (text: string): ReturnType<MembersIn> => {
    const starts = new Map<Level, Map<number, Found>>();
    let level: Level = { text, reading: readingOf(text), from: undefined };
    for (let depth = 0; ; depth++) {
      for (const found of keysIn(level, names)) {
        const atLevel = starts.get(found.level) ?? new Map<number, Found>();
        starts.set(found.level, atLevel.set(found.after, found));
      }
      const undone = unescaped(level.reading, BACKSLASH);
      if (undone === undefined) break;
      if (depth === MOST_ESCAPED) return 'all';
      level = { text: textOf(undone), reading: undone, from: level };
    }
    return withoutInner([...starts].flatMap(([at, found]) => membersAt(text, at, [...found.values()])));
  };
  // Masking visits each text of a payload twice, so the results are cached.
  const cache = new Map<string, ReturnType<MembersIn>>();
  return (text) => {
    if (!mayName(text)) return NOTHING;
    const members = cache.get(text) ?? find(text);
    cache.set(text, members);
    return members;
  };
}

const NOTHING: readonly Member[] = [];

/** A found field name with its quotes and its colon. The field `level` contains the decoded text in which the quotes are not escaped. */
interface Found {
  readonly level: Level;
  readonly key: string;
  /** The position of the quote after the field name. */
  readonly quote: number;
  /** The position after the colon that follows the field name. */
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

/**
 * Converts the positions of a found name to the decoded text in which its quotes are not escaped. The search can find a name in a text that was
 * decoded more often, because the letters of a name can be escaped although the quotes are not escaped.
 */
function atItsLevel(found: Found): Found {
  const { level, key, quote, after } = found;
  if (level.from === undefined) return found;
  const place = (at: number) => level.reading.starts?.[at] as number;
  const isPlain = level.from.text[place(quote)] === '"' && place(quote + 1) === place(quote) + 1;
  return isPlain ? atItsLevel({ level: level.from, key, quote: place(quote), after: place(after) }) : found;
}

function membersAt(original: string, level: Level, found: readonly Found[]): Member[] {
  const members: Member[] = [];
  const { text } = level;
  let end = 0;
  for (const { key, quote, after } of found.toSorted((a, b) => a.after - b.after)) {
    if (after < end) continue;
    const start = after + text.slice(after).search(/\S|$/);
    end = endOfValue(text, start);
    const source = text.slice(start, end);
    if (source === '' || HIDDEN.test(source)) continue;
    const written = spanInText(level.reading, quote, quote + 1);
    const of = { key, quote: original.slice(written.start, written.end), source };
    members.push({ ...spanInText(level.reading, start, end), ...of });
  }
  return members;
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

// A browser's text area knows one kind of line end. A value keeps those that it was given, to the byte.

/** A text as a text area shows it. */
export const shownOf = (exact: string): string => exact.replaceAll(/\r\n?/g, '\n');

/** What was pasted, and from where to where it took the place of what was shown. */
export interface Paste {
  start: number;
  end: number;
  text: string;
}

/**
 * What `exact` is once somebody changed what is shown of it to `shown`: what was not touched stays as it is, what was pasted is as it was in the
 * clipboard, and lines that were typed end as all the others do.
 */
export function edited(exact: string, shown: string, paste?: Paste): string {
  const before = shownOf(exact);
  if (before === shown) return exact;
  const splice = (start: number, end: number, text: string) => {
    const spliced = exact.slice(0, within(exact, start)) + text + exact.slice(within(exact, end));
    // A lone carriage return before a line feed would be one line end with it.
    return shownOf(spliced) === shown ? spliced : shown;
  };
  if (paste && before.slice(0, paste.start) + shownOf(paste.text) + before.slice(paste.end) === shown)
    return splice(paste.start, paste.end, paste.text);

  const shorter = Math.min(before.length, shown.length);
  let start = 0;
  while (start < shorter && before[start] === shown[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === shown.at(-1 - end)) end += 1;
  const typed = shown.slice(start, shown.length - end);
  return splice(start, before.length - end, typed.replaceAll('\n', lineEnd(exact) ?? '\n'));
}

/** The one that all lines of a text have; undefined where there is none, or several. */
export function lineEnd(text: string): string | undefined {
  const [first, ...others] = new Set(text.match(/\r\n?|\n/g));
  return others.length === 0 ? first : undefined;
}

/** Where in `exact` that is which stands at `index` of what is shown of it. */
function within(exact: string, index: number): number {
  let at = 0;
  for (let passed = 0; passed < index; passed += 1) at += exact.startsWith('\r\n', at) ? 2 : 1;
  return at;
}

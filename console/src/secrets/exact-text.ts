// A text area in a browser turns every line end into a line feed. These functions keep the original line ends of a value, byte by byte.

/** Returns the text as a text area shows it. */
export const shownOf = (exact: string): string => exact.replaceAll(/\r\n?/g, '\n');

/** A pasted text, and the range of shown characters that the paste replaced. */
export interface Paste {
  start: number;
  end: number;
  text: string;
}

/**
 * Updates `exact` after the shown text changed to `shown`. Unchanged parts keep their line ends. Pasted text keeps the line ends of the
 * clipboard. Typed lines get the line end that the other lines of the text have.
 */
export function edited(exact: string, shown: string, paste?: Paste): string {
  const before = shownOf(exact);
  if (before === shown) return exact;
  const splice = (start: number, end: number, text: string) => {
    const spliced = exact.slice(0, within(exact, start)) + text + exact.slice(within(exact, end));
    // A carriage return directly before a line feed would form a single line end with the line feed.
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

/** The line end that all lines of a text share. Undefined if the text has no line end, or has different line ends. */
export function lineEnd(text: string): string | undefined {
  const [first, ...others] = new Set(text.match(/\r\n?|\n/g));
  return others.length === 0 ? first : undefined;
}

/** The position in `exact` of the shown character at `index`. */
function within(exact: string, index: number): number {
  let at = 0;
  for (let passed = 0; passed < index; passed += 1) at += exact.startsWith('\r\n', at) ? 2 : 1;
  return at;
}

// Functions that preserve the original line ends of a secret value in a text area. A text area of the browser converts every line end to a
// line feed.

/** Converts the exact value to the text that the text area contains. In this text, every line end is a line feed. */
export const shownOf = (exact: string): string => exact.replaceAll(/\r\n?/g, '\n');

/** The text that the user pasted, and the range of characters in the text area that the pasted text replaced. */
export interface Paste {
  start: number;
  end: number;
  text: string;
}

/**
 * Applies a change in the text area to the exact value. `exact` is the old value; `shown` is the new text in the text area. Unchanged parts
 * of the value keep their line ends. Pasted text keeps the line ends of the clipboard. A new line that the user types gets the same line
 * end as the other lines.
 */
export function edited(exact: string, shown: string, paste?: Paste): string {
  const before = shownOf(exact);
  if (before === shown) return exact;
  const splice = (start: number, end: number, text: string) => {
    const spliced = exact.slice(0, within(exact, start)) + text + exact.slice(within(exact, end));
    // If the change joins a carriage return and a line feed, the two characters become a single line end. The function then returns
    // `shown`.
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

/**
 * Returns the line end of a text, if all lines have the same line end. Returns undefined if the text has no line end or different line
 * ends.
 */
export function lineEnd(text: string): string | undefined {
  const [first, ...others] = new Set(text.match(/\r\n?|\n/g));
  return others.length === 0 ? first : undefined;
}

/** Converts a character index in the text area to the index in the exact value. */
function within(exact: string, index: number): number {
  let at = 0;
  for (let passed = 0; passed < index; passed += 1) at += exact.startsWith('\r\n', at) ? 2 : 1;
  return at;
}

// Comma-separated values by RFC 4180: CRLF, quotes doubled. UTF-8.

/** What a cell holds; null and undefined are empty. */
export type Cell = string | number | boolean | null | undefined;

/** With these, also in their full-width forms, spreadsheets take a cell for a formula and run it. */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** One line, with its end. A text that a spreadsheet would run has an apostrophe before it. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  // Semicolons and tabs too: in some countries, and for some spreadsheets, they separate.
  return /[",;\t\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

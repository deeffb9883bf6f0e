// Writes comma-separated values in UTF-8 by RFC 4180: lines end in CRLF, and quotes are doubled.

/** The content of a cell in a CSV table. Null and undefined produce an empty cell. */
export type Cell = string | number | boolean | null | undefined;

/**
 * A CSV table. The gateway sends rows to the client while the gateway reads further rows. The gateway reads rows only as fast as the client receives
 * rows. If an error occurs after the first rows were sent, the gateway closes the connection, so that the client sees that the table is incomplete.
 */
export class Csv {
  readonly filename: string;
  readonly columns: readonly string[];
  readonly rows: AsyncIterable<Cell[][]>;
  constructor(filename: string, columns: readonly string[], rows: AsyncIterable<Cell[][]>) {
    this.filename = filename;
    this.columns = columns;
    this.rows = rows;
  }
}

/**
 * Matches the characters that make a spreadsheet treat a cell as a formula, if the cell begins with such a character. The last four characters are
 * the full-width forms of `=`, `+`, `-` and `@`.
 */
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/**
 * Formats one line of a CSV table, with its line end. If a spreadsheet would treat a text as a formula, the function adds an apostrophe before the
 * text.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

function cellText(cell: Cell): string {
  const text = cell === null || cell === undefined ? '' : String(cell);
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  // The function also quotes cells that contain semicolons or tabs, because some spreadsheets use semicolons or tabs as separators.
  return /[",;\t\r\n]|^\s|\s$/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Formats a table as CSV. Each returned string contains the lines of one page of rows. */
export async function* csvLines({ columns, rows }: Csv): AsyncGenerator<string> {
  yield csvLine(columns);
  for await (const page of rows) if (page.length > 0) yield page.map(csvLine).join('');
}

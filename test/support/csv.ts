/**
 * Parses comma-separated values by RFC 4180. @throws if the text is malformed, or the last row does not end with CRLF
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let row: string[] = [];
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const found = cell.exec(text);
    if (found === null) throw new Error(`No cell at ${at}`);
    row.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
    if (found[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  if (row.length > 0) throw new Error('The last row does not end with CRLF.');
  return rows;
}

/** Returns each row as an object, with the column names as field names. */
export function csvObjects(text: string): Record<string, string>[] {
  const [columns = [], ...rows] = parseCsv(text);
  return rows.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i] ?? ''])));
}

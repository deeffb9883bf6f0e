// Records the figures of the scenarios, and prints these figures as a table.
import { appendFileSync } from 'node:fs';

export interface Row {
  scenario: string;
  requests: number;
  failed: number;
  /** Rotations that a gateway confirmed and that are missing afterwards. */
  lost: number;
  /** Secret values that a client received and that have no audit event. */
  unaudited: number;
  /** Seconds from the fault until reads and rotations succeeded again. Undefined if the scenario interrupts no request. */
  resumed?: number;
  note?: string;
}

/** Adds a row to the table that `npm run test:operations` prints at its end. */
export function recordOutcome(row: Row): void {
  const file = process.env.OPERATIONS_OUTCOME;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(row)}\n`);
}

const HEADS = ['scenario', 'requests', 'failed', 'lost', 'unaudited', 'seconds to resume', 'note'];

export function outcomeTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.scenario,
    ...[row.requests, row.failed, row.lost, row.unaudited].map((count) => count.toLocaleString('en')),
    row.resumed === undefined ? '' : row.resumed.toFixed(1),
    row.note ?? '',
  ]);
  const widths = HEADS.map((head, column) =>
    Math.max(...[HEADS, ...lines].map((line) => line[column]!.length), head.length),
  );
  const isNumber = (column: number) => column > 0 && column < HEADS.length - 1;
  const printed = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${isNumber(column) ? ':' : '-'}`).join('|')}|`;
  return [printed(HEADS), rule, ...lines.map(printed)].join('\n');
}

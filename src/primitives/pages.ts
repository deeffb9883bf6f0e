// Pages: `first` from 1 to 200, and a cursor that says after which row to go on. It holds the sort key and the id of a
// row the caller was shown, and nothing else.
import { BadInput } from '../errors.ts';
import { isUuid } from './ids.ts';

export const MOST_PER_PAGE = 200;

/** After which row to go on: its sort key as text, and its UUID. */
export interface Position {
  key: string;
  id: string;
}

export interface PageRequest {
  first: number;
  after?: string | null | undefined;
}

export interface Page<Node> {
  nodes: Node[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

export interface PageBounds {
  /** Rows to show. Ask the database for one more: it tells whether there is a next page. */
  first: number;
  after: Position | undefined;
}

/** @throws BadInput naming `first` or `after` */
export function pageBounds({ first, after }: PageRequest): PageBounds {
  if (!Number.isInteger(first) || first < 1 || first > MOST_PER_PAGE)
    throw new BadInput('first', `1 to ${MOST_PER_PAGE}`);
  return { first, after: after === null || after === undefined ? undefined : parseCursor(after) };
}

/** The page of `rows`, of which one more than asked for was read. */
export function toPage<Row extends { id: string; key: string }>(rows: readonly Row[], first: number): Page<Row> {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursorOf(last) : null },
  };
}

/** A page that may have fewer rows than were asked for though more follow: it ends where the reading of them did. */
export function partialPage<Node>(nodes: Node[], end: Position | null, hasNextPage: boolean): Page<Node> {
  return { nodes, pageInfo: { hasNextPage, endCursor: end && cursorOf(end) } };
}

/** A page of nothing, for those who may not see what would be on it. @throws BadInput as any page does */
export function noPage(request: PageRequest): Page<never> {
  pageBounds(request);
  return { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
}

/** The cursor's key as a time, as `Date.toISOString` writes it. @throws BadInput naming `after` */
export function timeKey({ key }: Position): Date {
  const time = new Date(key);
  // Four digits of year: what the API takes and PostgreSQL knows.
  if (!/^\d{4}-/.test(key) || key.startsWith('0000') || Number.isNaN(time.getTime()) || time.toISOString() !== key)
    throw badCursor();
  return time;
}

function badCursor(): BadInput {
  return new BadInput('after', 'an `endCursor` of an earlier page');
}

function cursorOf({ key, id }: Position): string {
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

function parseCursor(text: string): Position {
  try {
    if (text.length > 2_000) throw new Error('long');
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (Array.isArray(parsed) && parsed.length === 2) {
      const [key, id] = parsed;
      const isId = typeof id === 'string' && isUuid(id);
      if (isId && typeof key === 'string' && !key.includes('\0') && key.isWellFormed()) return { key, id };
    }
  } catch {
    // Said below: what was wrong with it is nobody's concern.
  }
  throw badCursor();
}

// Divides lists into pages. A page has at most 200 rows. A cursor contains only the sort key and the id of the last row that the caller received.
import { BadInput } from '../errors.ts';
import { isUuid, type Uuid } from './ids.ts';

export const MOST_PER_PAGE = 200;

/**
 * The SQL limits of pages with the usual sizes 50 and 200. Statements that contain their limit in the SQL text are prepared only for these limits,
 * because all limits would be too many prepared statements.
 */
const USUAL_LIMITS: readonly number[] = [51, MOST_PER_PAGE + 1];
export const isUsualLimit = (limit: number): boolean => USUAL_LIMITS.includes(limit);

/** The position in a list after which a page starts: the sort key and the UUID of a row. */
export interface Position {
  key: string;
  id: Uuid;
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
  /** Maximum number of rows in the page. The SQL statement reads one row more than `first`, to find out whether there is a next page. */
  first: number;
  after: Position | undefined;
}

/** @throws BadInput that names `first` or `after` */
export function pageBounds({ first, after }: PageRequest): PageBounds {
  if (!Number.isInteger(first) || first < 1 || first > MOST_PER_PAGE)
    throw new BadInput('first', `1 to ${MOST_PER_PAGE}`);
  return { first, after: after === null || after === undefined ? undefined : parseCursor(after) };
}

/** Makes a page of the first `first` rows of `rows`. If there is a next page, `rows` has one row more than `first`. */
export function toPage<Row extends { id: Uuid; key: string }>(rows: readonly Row[], first: number): Page<Row> {
  const nodes = rows.slice(0, first);
  const last = nodes.at(-1);
  return {
    nodes,
    pageInfo: { hasNextPage: rows.length > first, endCursor: last ? cursorOf(last) : null },
  };
}

/**
 * Makes a page that may have fewer rows than the caller requested, even if another page follows. The cursor contains the position `end`, at which
 * reading stopped.
 */
export function partialPage<Node>(nodes: Node[], end: Position | null, hasNextPage: boolean): Page<Node> {
  return { nodes, pageInfo: { hasNextPage, endCursor: end && cursorOf(end) } };
}

/** Returns an empty page, for callers that may not see the list. @throws BadInput for the same requests as `pageBounds` */
export function noPage(request: PageRequest): Page<never> {
  pageBounds(request);
  return { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
}

/** Returns the sort key of a cursor as a time. The sort key must be in the form of `Date.toISOString`. @throws BadInput that names `after` */
export function timeKey({ key }: Position): Date {
  const time = new Date(key);
  // Other years are refused, because the APIs accept only years of four digits, and because PostgreSQL cannot store every other year.
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
    // Every invalid cursor causes the same error, because callers do not write cursors themselves.
  }
  throw badCursor();
}

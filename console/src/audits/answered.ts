import type { Pages } from '../api/queries.ts';

/** Hides the rows of the previous query while the current query loads, because the rows would look like the answer to the current query. */
export function ofThis<Row>(pages: Pages<Row>): Pages<Row> {
  return pages.outdated ? { ...pages, rows: [], loading: true } : pages;
}

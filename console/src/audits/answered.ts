import type { Pages } from '../api/queries.ts';

/**
 * Hides the rows of the previous query while the result of the current query loads. Otherwise the old rows would look like the result of
 * the current query.
 */
export function ofThis<Row>(pages: Pages<Row>): Pages<Row> {
  return pages.outdated ? { ...pages, rows: [], loading: true } : pages;
}

import type { Pages } from '../api/queries.ts';

/** Hides the rows of the previous query while the current one loads, so that they do not look like its answer. */
export function ofThis<Row>(pages: Pages<Row>): Pages<Row> {
  return pages.outdated ? { ...pages, rows: [], loading: true } : pages;
}

import type { Pages } from '../api/queries.ts';

/** Without the answer to the question before, which would stand below this one as if it were its own. */
export function ofThis<Row>(pages: Pages<Row>): Pages<Row> {
  return pages.outdated ? { ...pages, rows: [], loading: true } : pages;
}

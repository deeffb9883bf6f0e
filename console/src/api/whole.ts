import type { Pages } from './queries.ts';

/** A short list that came whole, for what shows lists that come page by page. */
export function whole<Row>(rows: readonly Row[]): Pages<Row> {
  return {
    rows,
    loading: false,
    outdated: false,
    loadingMore: false,
    hasMore: false,
    loadMore: () => undefined,
    problem: undefined,
    retry: () => undefined,
  };
}

import type { Pages } from './queries.ts';

/** Converts a complete array to a paged list that has no further pages. */
export function completeList<Row>(rows: readonly Row[]): Pages<Row> {
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

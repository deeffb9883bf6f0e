import type { Pages } from './queries.ts';

/** Presents a short list, which one answer contains completely, as a paged list. */
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

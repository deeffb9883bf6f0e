import type { Pages } from './queries.ts';

/** Converts a short list, which one answer of the gateway contains completely, to a paged list. */
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

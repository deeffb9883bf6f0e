import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Problem } from './problem.ts';

/**
 * A list with more loaded pages than this number is long. After a change, the console refetches short lists completely. In long lists, the
 * console updates the changed rows in place.
 */
export const FEW_PAGES = 3;

export const isShort = ({ state }: { state: { data: unknown } }): boolean =>
  ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <= FEW_PAGES;

/**
 * Refetches all cached data except long lists. If `restarts` contains the name of a long list, the console loads the list again from its
 * first page.
 */
export function askAgain(client: QueryClient, restarts: readonly string[] = []): void {
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'pages' || isShort(query) });
  for (const name of restarts)
    void client.resetQueries({ queryKey: ['pages', name], predicate: (query) => !isShort(query) });
}

/**
 * Refetches all cached data if the gateway refuses a change because the page shows outdated data. If a form (`filledIn`) causes a NOT_FOUND
 * error, the refetch waits until the form closes. An immediate refetch would remove the form and the user's input. The form has closed when
 * `problem` is undefined or null again.
 */
export function useOutdated(problem: unknown, { filledIn, busy }: { filledIn: boolean; busy: boolean }): void {
  const client = useQueryClient();
  const gone = useRef(false);
  useEffect(() => {
    if (problem instanceof Problem) {
      const { code } = problem;
      if (code === 'NOT_FOUND' && filledIn) gone.current = true;
      else if (code === 'NOT_FOUND' || code === 'CONFLICT' || code === 'VERSION_CONFLICT') askAgain(client);
    } else if (gone.current && !busy) {
      gone.current = false;
      askAgain(client);
    }
  }, [problem, filledIn, busy, client]);
  useEffect(
    () => () => {
      if (gone.current) askAgain(client);
    },
    [client],
  );
}

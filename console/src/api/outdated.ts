import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Problem } from './problem.ts';

/** Maximum number of loaded pages of a list that is refetched. In a longer list, the console only updates the changed rows. */
export const FEW_PAGES = 3;

export const isShort = ({ state }: { state: { data: unknown } }): boolean =>
  ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <= FEW_PAGES;

/** Refetches the data that pages show, except long lists. A long list that `restarts` names is loaded again from its first page. */
export function askAgain(client: QueryClient, restarts: readonly string[] = []): void {
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'pages' || isShort(query) });
  for (const name of restarts)
    void client.resetQueries({ queryKey: ['pages', name], predicate: (query) => !isShort(query) });
}

/**
 * Refetches the data that pages show after the gateway refused a change because the shown data is outdated. If the error is NOT_FOUND and
 * the user has filled in a form (`filledIn`), the refetch waits until the form closes (`problem` is undefined or null again), because a
 * refetch would remove the form and the user's input.
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

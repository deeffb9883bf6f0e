import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Problem } from './problem.ts';

/** Lists of more pages than that are not asked for anew: not after each change, when what changed is put in where it stands, nor on coming back. */
export const FEW_PAGES = 3;

export const isShort = ({ state }: { state: { data: unknown } }): boolean =>
  ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <= FEW_PAGES;

/** Asks again for what the pages show, but for long lists. */
export function askAgain(client: QueryClient): void {
  void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== 'pages' || isShort(query) });
}

/**
 * Asks again for what the pages show, where a change was refused because it is not so any more. Of what is gone at once only where nothing was
 * `filledIn`: a form would go with it, and what stands in it. There it is asked once the form was left: `problem` is then undefined or null.
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

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/**
 * Keeps the state of a page in its URL, so that it can be linked. All values are texts; values equal to `otherwise` are not in the URL.
 * Changes replace the current history entry.
 */
export function useUrlState<State extends Record<string, string>>(
  otherwise: State,
): [State, (change: Partial<State>) => void] {
  const [params, setParams] = useSearchParams();
  const text = params.toString();
  const state = useMemo(() => {
    const found = new URLSearchParams(text);
    return Object.fromEntries(
      Object.entries(otherwise).map(([name, value]) => [name, found.get(name) ?? value]),
    ) as State;
  }, [text]);
  const change = useCallback(
    (changed: Partial<State>) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          for (const [name, value] of Object.entries(changed)) {
            if (value === undefined || value === otherwise[name]) next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [setParams],
  );
  return [state, change];
}

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/**
 * Stores the state of a page in the URL, so that a link can open the page in the same state. All state values are strings. The URL does not
 * contain values that are equal to their default in `otherwise`. A state change creates no new entry in the browser history.
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

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/**
 * Keeps the state of a page in the URL, so that a link opens the page in this state. All values are texts. A value that equals its default
 * in `otherwise` is not in the URL. A change of the state replaces the current entry of the browser history.
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

import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';

/**
 * The state of a page that stands in its URL, so that it can be linked to and gone back to. Each value is a text; what is as in `otherwise`
 * stands not in the URL. Changes replace the entry of the history.
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

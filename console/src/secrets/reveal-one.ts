import { useCallback, useRef, useState } from 'react';
import { reveal, useShownShortly, useWhileShown } from './reveal.ts';

export interface RevealingOne {
  /** The version that is shown, or asked for, or that could not be shown. */
  version: number | undefined;
  /** Undefined while it is hidden. */
  value: string | undefined;
  busy: boolean;
  problem: unknown;
  show: (version: number) => void;
  hide: () => void;
}

/** Values of the versions of a secret, of which one at a time is shown, and hidden again half a minute later. */
export function useRevealOne(name: string): RevealingOne {
  const [state, setState] = useState<Omit<RevealingOne, 'show' | 'hide'>>(HIDDEN);
  const asked = useRef(0);
  const signal = useWhileShown();
  const hide = useCallback(() => {
    asked.current += 1;
    setState(HIDDEN);
  }, []);
  useShownShortly(state.value, hide);
  const show = async (version: number) => {
    asked.current += 1;
    const mine = asked.current;
    const shown = signal();
    // Whoever asked for another one meanwhile is shown that one.
    const tell = (more: Partial<typeof state>) => {
      if (asked.current === mine && !shown.aborted) setState({ ...HIDDEN, version, ...more });
    };
    tell({ busy: true });
    try {
      tell({ value: await reveal(name, version, shown) });
    } catch (problem) {
      tell({ problem });
    }
  };
  return { ...state, show: (version) => void show(version), hide };
}

const HIDDEN = { version: undefined, value: undefined, busy: false, problem: undefined };

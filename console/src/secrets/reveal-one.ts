import { useCallback, useRef, useState } from 'react';
import { reveal, useShownShortly, useWhileShown } from './reveal.ts';

export interface RevealingOne {
  /** The version whose value is revealed or loading, or whose reveal failed. */
  version: number | undefined;
  /** The revealed value; undefined while the value is masked. */
  value: string | undefined;
  busy: boolean;
  problem: unknown;
  show: (version: number) => void;
  hide: () => void;
}

/** Reveals one version at a time, and masks it again after half a minute. */
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
    // A request for another version replaces the present request.
    const update = (more: Partial<typeof state>) => {
      if (asked.current === mine && !shown.aborted) setState({ ...HIDDEN, version, ...more });
    };
    update({ busy: true });
    try {
      update({ value: await reveal(name, version, shown) });
    } catch (problem) {
      update({ problem });
    }
  };
  return { ...state, show: (version) => void show(version), hide };
}

const HIDDEN = { version: undefined, value: undefined, busy: false, problem: undefined };

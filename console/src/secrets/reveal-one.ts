import { useCallback, useRef, useState } from 'react';
import { reveal, useShownShortly, useWhileShown } from './reveal.ts';

export interface RevealingOne {
  /**
   * Number of the version that the user last chose to reveal. The number is undefined while no value is revealed or loading and no error is
   * visible.
   */
  version: number | undefined;
  /** The revealed value. `value` is undefined while the secret value is masked. */
  value: string | undefined;
  busy: boolean;
  problem: unknown;
  show: (version: number) => void;
  hide: () => void;
}

/** Reveals the values of the versions of a secret, one version at a time. The hook masks a revealed value again after half a minute. */
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
    // If the user has chosen another version in the meantime, the hook ignores this result.
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

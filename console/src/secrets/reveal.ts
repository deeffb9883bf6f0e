// Reveals secret values. INVARIANT: only the component that shows a revealed value stores the value, for at most half a minute.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { Problem } from '../api/problem.ts';
import { RevealSecret } from '../generated/operations.ts';
import { useSession } from '../session/session.ts';

export const SHOWN_MS = 30_000;

/**
 * Fetches the value of a secret version. The default is the current version. The gateway records the reveal in the audit log before it
 * sends the value. @throws Problem
 */
export async function reveal(name: string, version: number | null = null, signal?: AbortSignal): Promise<string> {
  const { secret } = await ask(RevealSecret, { name, version }, signal && { signal });
  if (secret?.value == null) throw new Problem('NOT_FOUND', 'The secret does not exist.');
  return secret.value;
}

/**
 * Returns a function that returns an abort signal. The caller passes the abort signal to its requests. When the component unmounts, the
 * hook aborts the requests, so that React does not keep a late secret value in memory.
 */
export function useWhileShown(): () => AbortSignal {
  const stop = useRef(new AbortController());
  useEffect(() => {
    stop.current = new AbortController();
    return () => stop.current.abort();
  }, []);
  return () => stop.current.signal;
}

/** Masks a revealed value after half a minute. If the session ends, the hook masks the value immediately. */
export function useShownShortly(value: string | undefined, hide: () => void): void {
  const { ended } = useSession();
  useEffect(() => {
    if (value === undefined) return;
    if (ended) {
      hide();
      return;
    }
    const until = Date.now() + SHOWN_MS;
    const timer = setTimeout(hide, SHOWN_MS);
    // The hook also compares clock times every second, because timers pause while the computer sleeps or the browser suspends the page.
    const look = () => {
      if (Date.now() >= until) hide();
    };
    const ticks = setInterval(look, 1_000);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      clearInterval(ticks);
      document.removeEventListener('visibilitychange', look);
    };
  }, [value, ended, hide]);
}

export interface Revealing {
  /** The revealed value. `value` is undefined while the secret value is masked. */
  value: string | undefined;
  busy: boolean;
  /** The error of the last reveal. `problem` is undefined if the reveal did not fail. A call of `hide` removes the error. */
  problem: unknown;
  show: () => void;
  hide: () => void;
}

/** Returns functions that reveal and mask the value of a secret version. The hook masks a revealed value again after half a minute. */
export function useReveal(name: string, version: number | null = null): Revealing {
  const [value, setValue] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const signal = useWhileShown();
  const hide = useCallback(() => {
    setValue(undefined);
    setProblem(undefined);
  }, []);
  useShownShortly(value, hide);
  const show = async () => {
    const shown = signal();
    setBusy(true);
    setProblem(undefined);
    try {
      const found = await reveal(name, version, shown);
      if (!shown.aborted) setValue(found);
    } catch (error) {
      if (!shown.aborted) setProblem(error);
    } finally {
      if (!shown.aborted) setBusy(false);
    }
  };
  return { value, busy, problem, show: () => void show(), hide };
}

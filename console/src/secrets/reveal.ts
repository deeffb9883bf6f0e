// Reveals values. INVARIANT: only the component that shows a revealed value keeps the value, for at most half a minute.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { Problem } from '../api/problem.ts';
import { RevealSecret } from '../generated/operations.ts';
import { useSession } from '../session/session.ts';

export const SHOWN_MS = 30_000;

/**
 * Reveals a value, by default of the current version. The gateway records the reveal in the audit log before it answers. @throws Problem
 */
export async function reveal(name: string, version: number | null = null, signal?: AbortSignal): Promise<string> {
  const { secret } = await ask(RevealSecret, { name, version }, signal && { signal });
  if (secret?.value == null) throw new Problem('NOT_FOUND', 'This secret does not exist.');
  return secret.value;
}

/**
 * Returns a function that gives an abort signal for each request. Unmounting the component aborts the request, so that React does not
 * retain a late answer.
 */
export function useWhileShown(): () => AbortSignal {
  const stop = useRef(new AbortController());
  useEffect(() => {
    stop.current = new AbortController();
    return () => stop.current.abort();
  }, []);
  return () => stop.current.signal;
}

/** Masks a value half a minute after it arrived, and immediately when the session ends. */
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
    // The clock decides when the value is masked, because timers pause while the computer sleeps or the browser suspends the page.
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
  /** The revealed value; undefined while the value is masked. */
  value: string | undefined;
  busy: boolean;
  /** The error of the reveal; undefined without an error, or after `hide`. */
  problem: unknown;
  show: () => void;
  hide: () => void;
}

/** Reveals a value on demand, and masks it again after half a minute. */
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

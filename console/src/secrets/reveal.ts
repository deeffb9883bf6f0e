// Values that somebody asked to see. They stand in nothing but the component that shows them, and for half a minute.
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { Problem } from '../api/problem.ts';
import { RevealSecret } from '../generated/operations.ts';
import { useSession } from '../session/session.ts';

export const SHOWN_MS = 30_000;

/** The value, of the current version if none is named. Recorded before it comes. @throws Problem */
export async function reveal(name: string, version: number | null = null, signal?: AbortSignal): Promise<string> {
  const { secret } = await ask(RevealSecret, { name, version }, signal && { signal });
  if (secret?.value == null) throw new Problem('NOT_FOUND', 'This secret does not exist.');
  return secret.value;
}

/** Gives a signal to each that is asked for, which ends where nobody is there any more to be shown the answer: React would hold on to it. */
export function useWhileShown(): () => AbortSignal {
  const stop = useRef(new AbortController());
  useEffect(() => {
    stop.current = new AbortController();
    return () => stop.current.abort();
  }, []);
  return () => stop.current.signal;
}

/** Has a value hidden half a minute after it came, and at once where the session ends: whoever could see it has gone. */
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
    // Timers stand still while the computer sleeps or the browser stops the page: the clock does not.
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
  /** Undefined while it is hidden. */
  value: string | undefined;
  busy: boolean;
  /** Why it is not shown; undefined where nothing went wrong, or it was taken note of by hiding. */
  problem: unknown;
  show: () => void;
  hide: () => void;
}

/** A value that is shown once it is asked for, and hidden again half a minute later. */
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

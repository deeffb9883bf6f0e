import { useEffect, useRef, useState } from 'react';
import { askRaw } from '../api/ask.ts';
import { useSession } from '../session/session.ts';
import { bodyOf, formatted } from './request.ts';

export interface ShownAnswer {
  /** JSON, in lines. */
  text: string;
  /** How it went, in words. */
  told: string;
  /** Whether it was refused because only registered operations are answered. */
  notRegistered: boolean;
}

/** Runs one operation at a time, and holds what came: here, and nowhere else, since values may be in it. */
export function useRun() {
  const [answer, setAnswer] = useState<ShownAnswer>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const { ended } = useSession();
  // Whoever could see it has gone.
  useEffect(() => {
    if (ended && answer !== undefined) setAnswer(undefined);
  }, [ended, answer]);

  // What React has drawn before it holds on to until it has drawn twice more.
  const [, drawAgain] = useState({});
  useEffect(() => {
    if (answer === undefined) drawAgain({});
  }, [answer]);

  const run = async (query: string, variables: string, operation: string | undefined) => {
    const stop = new AbortController();
    running.current = stop;
    const began = performance.now();
    setBusy(true);
    setProblem(undefined);
    setAnswer(undefined);
    try {
      const { text, answered } = await askRaw(bodyOf(query, variables, operation), stop.signal);
      const errors = answered.errors ?? [];
      const took = `${Math.round(performance.now() - began)} ms`;
      setAnswer({
        text: formatted(text),
        told:
          errors.length === 0
            ? `Answered in ${took}`
            : `${errors.length === 1 ? 'One error' : `${errors.length} errors`}, ${took}`,
        notRegistered: errors.some(({ extensions }) => extensions?.code === 'OPERATION_NOT_REGISTERED'),
      });
    } catch (error) {
      if (!stop.signal.aborted) setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return { answer, busy, problem, run, clear: () => setAnswer(undefined) };
}

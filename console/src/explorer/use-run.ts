import { useEffect, useRef, useState } from 'react';
import { askRaw } from '../api/ask.ts';
import { useSession } from '../session/session.ts';
import { bodyOf, formatted } from './request.ts';

export interface ShownAnswer {
  /** The answer as indented JSON. */
  text: string;
  /** A sentence that describes the result. */
  summary: string;
  /** Whether the gateway refused the operation because it is not registered. */
  notRegistered: boolean;
}

/** Runs one operation at a time. Only this hook keeps the answer, because the answer may contain secret values. */
export function useRun() {
  const [answer, setAnswer] = useState<ShownAnswer>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const { ended } = useSession();
  // INVARIANT: no answer stays visible after the session ends.
  useEffect(() => {
    if (ended && answer !== undefined) setAnswer(undefined);
  }, [ended, answer]);

  // React keeps the data of the previous render until two more renders. Rendering again makes React release the answer.
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
        summary:
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

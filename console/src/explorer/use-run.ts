import { useEffect, useRef, useState } from 'react';
import { askRaw } from '../api/ask.ts';
import { useSession } from '../session/session.ts';
import { bodyOf, formatted } from './request.ts';

export interface ShownAnswer {
  /** The response of the gateway as indented JSON. */
  text: string;
  /** Text that says how long the request took and how many errors the response contains. */
  summary: string;
  /** True if the gateway refused the operation because the operation is not registered. */
  notRegistered: boolean;
}

/**
 * Runs a GraphQL operation and returns the response. Only this hook stores the response, because the response may contain secret values.
 */
export function useRun() {
  const [answer, setAnswer] = useState<ShownAnswer>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const { ended } = useSession();
  // INVARIANT: no response stays visible after the session ends.
  useEffect(() => {
    if (ended && answer !== undefined) setAnswer(undefined);
  }, [ended, answer]);

  // React keeps the data of a render in memory until two more renders. After the response is removed, one more render makes React release
  // the response.
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
            ? `The gateway answered in ${took}`
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

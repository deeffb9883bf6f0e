import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from './ask.ts';
import type { Operation } from './operation.ts';
import { useOutdated } from './outdated.ts';

export interface Apart<Result, Variables> {
  busy: boolean;
  problem: unknown;
  /** What it answers; undefined where it failed, and `problem` tells why. */
  run: (variables: Variables) => Promise<Result | undefined>;
  /** Forgets what went wrong: to be called when it is left. */
  reset: () => void;
}

/**
 * A change that is told, or answers, what nobody shall keep: a password, the secret of a key. Nothing of it stays here. What the pages show is
 * asked for again, and the lists named in `restarts` from their first page.
 */
export function useApart<Result, Variables>(
  operation: Operation<Result, Variables>,
  { restarts = [] }: { restarts?: readonly string[] } = {},
): Apart<Result, Variables> {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const run = async (variables: Variables) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const result = await ask(operation, variables);
      for (const name of restarts) void client.resetQueries({ queryKey: ['pages', name] });
      void client.invalidateQueries({ queryKey: ['one'] });
      return result;
    } catch (error) {
      setProblem(error);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  useOutdated(problem, { filledIn: true, busy });
  return { busy, problem, run, reset: () => setProblem(undefined) };
}

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from './ask.ts';
import type { Operation } from './operation.ts';
import { askAgain, useOutdated } from './outdated.ts';

export interface SensitiveChange<Result, Variables> {
  busy: boolean;
  problem: unknown;
  /**
   * Runs the mutation. The promise resolves to the result of the mutation. After a failure the promise resolves to undefined, and `problem`
   * contains the error.
   */
  run: (variables: Variables) => Promise<Result | undefined>;
  /** Clears the error of the mutation. The form calls `reset` when the form closes. */
  reset: () => void;
}

/**
 * Runs a mutation whose variables or result contain a password or the secret of an access key. This hook stores neither the variables nor
 * the result. After success the console refetches all cached data except long lists. If `restarts` contains the name of a list, the console
 * loads the list again from its first page.
 */
export function useSensitiveChange<Result, Variables>(
  operation: Operation<Result, Variables>,
  { restarts = [] }: { restarts?: readonly string[] } = {},
): SensitiveChange<Result, Variables> {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const run = async (variables: Variables) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const result = await ask(operation, variables);
      askAgain(client, restarts);
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

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from './ask.ts';
import type { Operation } from './operation.ts';
import { askAgain, useOutdated } from './outdated.ts';

export interface SensitiveChange<Result, Variables> {
  busy: boolean;
  problem: unknown;
  /** Resolves to the answer. After a failure, resolves to undefined, and `problem` has the error. */
  run: (variables: Variables) => Promise<Result | undefined>;
  /** Clears the error. The form calls this function when the form closes. */
  reset: () => void;
}

/**
 * A mutation whose variables or answer contain a password or the secret of an access key. This hook stores neither the variables nor the
 * answer. After success the console refetches the data that pages show. Lists named in `restarts` are loaded again from their first page.
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

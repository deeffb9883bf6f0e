import { Alert, Button, type MantineSpacing, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Problem, type Words, wordsFor } from '../api/problem.ts';

/** What went wrong, and what to do; nothing where nothing did. `words` replaces what is said of a code. */
export function ProblemAlert({
  problem,
  words = {},
  onRetry,
  mb,
}: {
  problem: unknown;
  words?: Record<string, Words>;
  onRetry?: () => void;
  mb?: MantineSpacing;
}) {
  if (problem === undefined || problem === null) return null;
  const { title, text } = (problem instanceof Problem && words[problem.code]) || wordsFor(problem);
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={title} role="alert" {...(mb !== undefined && { mb })}>
      <Text size="sm">{text}</Text>
      {onRetry && (
        <Button mt="xs" size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

/** What is to stand below an input whose argument is at fault: `input.name` for `name`. */
export function fieldError(problem: unknown, ...fields: string[]): string | undefined {
  if (!(problem instanceof Problem) || problem.field === undefined) return undefined;
  const { field, message } = problem;
  if (!fields.some((one) => field === one || field.endsWith(`.${one}`) || field.includes(`${one}.`))) return undefined;
  // It stands below the input: which one it is need not be said.
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

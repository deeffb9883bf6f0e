import { Alert, Button, type MantineSpacing, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Problem, type Words, wordsFor } from '../api/problem.ts';

/** Shows an error and what to do; nothing without an error. `words` replaces the messages of some error codes. */
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

/** The error message for a field of a form: for `input.name` with the field `name`. */
export function fieldError(problem: unknown, ...fields: string[]): string | undefined {
  if (!(problem instanceof Problem) || problem.field === undefined) return undefined;
  const { field, message } = problem;
  if (!fields.some((one) => field === one || field.endsWith(`.${one}`) || field.includes(`${one}.`))) return undefined;
  // The message appears below its input, so the name of the argument is redundant.
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

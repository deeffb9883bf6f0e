import { Alert, Button, type MantineSpacing, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Problem, type Words, wordsFor } from '../api/problem.ts';

/** Shows an error and what the user can do. Without an error, nothing shows. `words` replaces the messages of some error codes. */
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

/** The error message for a form field. The field `name` shows the error about the argument `input.name`. */
export function fieldError(problem: unknown, ...fields: string[]): string | undefined {
  if (!(problem instanceof Problem) || problem.field === undefined) return undefined;
  const { field, expected, message } = problem;
  if (!fields.some((one) => field === one || field.endsWith(`.${one}`) || field.includes(`${one}.`))) return undefined;
  // The rule does not name the argument, because the rule appears below the input of this argument.
  return expected ?? message;
}

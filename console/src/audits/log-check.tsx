import { Alert, Button, Group, Loader, Text } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useChange } from '../api/queries.ts';
import { VerifyLog, type VerifyLogMutation } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';

type Verification = NonNullable<VerifyLogMutation['verifyAuditLog']>;

/** Returns a button that verifies the whole audit log, and an element that shows the result. */
export function useLogCheck(onOpen: (event: string) => void) {
  const check = useChange(VerifyLog);
  const found = check.data?.verifyAuditLog;
  return {
    button: (
      <Button
        variant="default"
        leftSection={<IconShieldCheck size={16} stroke={1.5} aria-hidden />}
        loading={check.isPending}
        onClick={() => check.mutate({})}
      >
        Verify log
      </Button>
    ),
    outcome: (
      <div aria-live="polite">
        {check.isPending && (
          <Alert title="Verifying the log" icon={<Loader size="sm" aria-hidden />}>
            <Text size="sm">
              The gateway checks every audit event with the audit keys, the hash chain and the checkpoints of the audit
              log. The verification of a million audit events takes some seconds.
            </Text>
          </Alert>
        )}
        <ProblemAlert problem={check.error} onRetry={() => check.mutate({})} />
        {!check.isPending && found && <Found found={found} onOpen={onOpen} onClose={check.reset} />}
      </div>
    ),
  };
}

function Found({
  found: { intact, eventsChecked, problems, acknowledgedGaps, brokenAt },
  onOpen,
  onClose,
}: {
  found: Verification;
  onOpen: (event: string) => void;
  onClose: () => void;
}) {
  const read = eventsChecked === 1 ? 'One event checked' : `${eventsChecked.toLocaleString()} events checked`;
  return (
    <Alert
      color={intact ? 'green' : 'red'}
      icon={intact ? <IconShieldCheck /> : <IconShieldX />}
      title={intact ? 'The log is intact' : 'The log was altered'}
      withCloseButton
      closeButtonLabel="Close"
      onClose={onClose}
    >
      <Text size="sm">
        {intact
          ? `${read}. No event is altered or missing${acknowledgedGaps.length > 0 ? ', except in acknowledged gaps' : ''}.`
          : `${read}.`}
      </Text>
      {problems.map((problem) => (
        <Text size="sm" key={problem}>
          {problem}
        </Text>
      ))}
      {acknowledgedGaps.map(({ problem, acknowledgedBy, reason }) => (
        <Text size="sm" key={problem}>
          {problem} Acknowledged by {acknowledgedBy}: {reason}
        </Text>
      ))}
      {brokenAt && (
        <Group mt="xs">
          <Button variant="default" size="xs" onClick={() => onOpen(brokenAt.id)}>
            Show event
          </Button>
        </Group>
      )}
    </Alert>
  );
}

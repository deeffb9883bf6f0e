import { Anchor, Button, Code, Group, Loader, Modal, Stack, Table, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useAsk } from '../api/queries.ts';
import { LogEvent, type LogRowFragment } from '../generated/operations.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { NameText } from '../parts/name-text.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Time } from '../parts/time.tsx';
import { secretPlace } from '../secrets/secret-place.ts';
import { useViewer } from '../session/viewer.ts';
import { WarningPlace } from '../session/warning-place.tsx';
import { ACTIONS } from './actions.ts';
import type { LogState } from './log-filter.ts';
import { Outcome } from './outcome.tsx';
import { SUBJECT_PLACES } from './subject-places.ts';

/** Dialog with the details of an audit event. The URL contains the id of the audit event, so that users can link to the audit event. */
export function EventDialog({
  id,
  onFilter,
  onClose,
}: {
  /** The id of the audit event. If the id is empty, the dialog is closed. */
  id: string;
  /** Changes the filters of the audit log page. */
  onFilter: (change: Partial<LogState>) => void;
  onClose: () => void;
}) {
  const small = useMediaQuery('(max-width: 48em)');
  const { data, error, refetch } = useAsk(LogEvent, { id }, { enabled: id !== '' });
  const event = data?.node?.__typename === 'AuditEvent' ? data.node : undefined;
  return (
    <Modal
      opened={id !== ''}
      onClose={onClose}
      title={event === undefined ? 'Event' : ACTIONS[event.action]}
      size="lg"
      fullScreen={small}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <ProblemAlert problem={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <Loader aria-label="Loading the event" />}
      {data !== undefined && event === undefined && (
        <Text size="sm">
          The audit event does not exist. An operator may have removed old months from the audit log.
        </Text>
      )}
      {event && <Details event={event} onFilter={onFilter} />}
      <WarningPlace />
    </Modal>
  );
}

function Details({ event, onFilter }: { event: LogRowFragment; onFilter: (change: Partial<LogState>) => void }) {
  const { id, at, action, outcome, actor, subject, version, changes, requestId, address } = event;
  const isPrincipal = actor.kind === 'USER' || actor.kind === 'APPLICATION';
  return (
    <Stack>
      <Table aria-label="Event" layout="fixed">
        <Table.Tbody>
          <Field name="Time">
            <Text size="sm" span>
              {at}
            </Text>{' '}
            <Text size="sm" c="dimmed" span>
              <Time at={at} />
            </Text>
          </Field>
          <Field name="Action">{action}</Field>
          <Field name="Outcome">
            <Outcome outcome={outcome} />
          </Field>
          <Field name="Actor">
            <ActorOrSubjectLink {...actor} />
          </Field>
          {subject && (
            <Field name="Subject">
              <ActorOrSubjectLink {...subject} />
            </Field>
          )}
          {version !== null && <Field name="Version">{version}</Field>}
          <Field name="Address">{address ?? 'Unknown'}</Field>
          <Field name="Request">
            <Copied text={requestId} what="request ID" />
          </Field>
          <Field name="Event">
            <Copied text={id} what="event ID" />
          </Field>
        </Table.Tbody>
      </Table>
      {changes != null && (
        <div>
          <Text size="sm" fw={500} mb={4}>
            {outcome === 'DONE' ? 'Changes' : 'Reason'}
          </Text>
          <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {JSON.stringify(changes, null, 2)}
          </Code>
        </div>
      )}
      <Group gap="xs">
        {isPrincipal && (
          <Button variant="default" size="xs" onClick={() => onFilter({ actor: actor.id, event: '' })}>
            Show all events by {actor.name}
          </Button>
        )}
        {subject?.kind === 'SECRET' && (
          <Button variant="default" size="xs" onClick={() => onFilter({ secret: subject.name, event: '' })}>
            Show all events on {subject.name}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" w="6rem">
        {name}
      </Table.Th>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>{children}</Table.Td>
    </Table.Tr>
  );
}

/**
 * Shows the name, the kind and the id of the actor or the subject of an audit event. If the actor or the subject has a page, the name is a
 * link to the page.
 */
function ActorOrSubjectLink({ kind, id, name }: { kind: string; id: string; name: string }) {
  const viewer = useViewer();
  const place = (SUBJECT_PLACES as Record<string, string>)[kind];
  const to = kind === 'SECRET' ? secretPlace(viewer, name) : place && id !== '' ? `/${place}/${id}` : undefined;
  return (
    <>
      {to !== undefined && name !== '' ? (
        <Anchor component={Link} href={to} inherit>
          <NameText>{name}</NameText>
        </Anchor>
      ) : (
        <NameText>{name}</NameText>
      )}{' '}
      <Text size="xs" c="dimmed" span>
        {kind.toLowerCase().replaceAll('_', ' ')} {id}
      </Text>
    </>
  );
}

function Copied({ text, what }: { text: string; what: string }) {
  return (
    <Group gap={4} wrap="nowrap">
      <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
        {text}
      </Text>
      <CopyButton text={text} label={`Copy ${what}`} />
    </Group>
  );
}

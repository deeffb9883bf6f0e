import { Anchor, Box, Button, Group, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { usePages } from '../api/queries.ts';
import { ACTIONS } from '../audits/actions.ts';
import { EventDialog } from '../audits/event-dialog.tsx';
import { logAt } from '../audits/log-filter.ts';
import { Outcome } from '../audits/outcome.tsx';
import {
  LogEvents,
  type LogEventsQuery,
  type LogRowFragment,
  type WholeSecretFragment,
} from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';

const pick = ({ auditEvents }: LogEventsQuery) => auditEvents;

/** Lists the audit events of a secret, newest first. */
export function SecretEvents({ secret }: { secret: WholeSecretFragment }) {
  return readsAll(useViewer()) ? (
    <Events secret={secret} />
  ) : (
    <EmptyState title="Only administrators and auditors can see audit events">
      The audit log records every reveal and every change of this secret. To read the audit log, you need the role ADMIN
      or AUDITOR.
    </EmptyState>
  );
}

function Events({ secret: { id, name } }: { secret: WholeSecretFragment }) {
  const [, go] = useLocation();
  const [{ event: shown }, change] = useUrlState({ event: '' });
  const pages = usePages(LogEvents, { filter: { secret: name } }, pick);
  const columns = useMemo(
    (): Column<LogRowFragment>[] => [
      {
        key: 'what',
        header: 'Action',
        cell: (event) => <What event={event} secretId={id} onOpen={() => change({ event: event.id })} />,
      },
      {
        key: 'who',
        header: 'Actor',
        width: '25%',
        cell: ({ at, actor }) => (
          <>
            {actor.name === '' ? actor.kind.toLowerCase() : actor.name}
            <Text size="xs" c="dimmed" hiddenFrom="sm">
              <Time at={at} />
            </Text>
          </>
        ),
      },
      { key: 'when', header: 'Time', width: '9rem', on: 'wide', cell: ({ at }) => <Time at={at} /> },
      {
        key: 'outcome',
        header: 'Outcome',
        width: '7rem',
        on: 'wide',
        cell: ({ outcome }) => <Outcome outcome={outcome} />,
      },
    ],
    [id, change],
  );
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          The list contains the audit events of all secrets that have or had this name. Audit events never contain
          secret values.
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={16} stroke={1.5} aria-hidden />}
          onClick={pages.retry}
        >
          Refresh
        </Button>
      </Group>
      <PagedTable
        caption={`Audit events of ${name}`}
        columns={columns}
        pages={pages}
        rowKey={(event) => event.id}
        empty={
          <EmptyState title="No events">
            An operator has removed the events of this secret from the audit log.
          </EmptyState>
        }
      />
      <EventDialog id={shown} onFilter={(filter) => go(logAt(filter))} onClose={() => change({ event: '' })} />
    </Stack>
  );
}

/** Shows the action of an audit event as a button. The button opens the details of the audit event. */
function What({ event, secretId, onOpen }: { event: LogRowFragment; secretId: string; onOpen: () => void }) {
  const { action, version, subject, outcome } = event;
  const another = subject?.kind === 'SECRET' && subject.id !== '' && subject.id !== secretId;
  return (
    <>
      <Anchor component="button" type="button" size="sm" ta="left" onClick={onOpen}>
        {`${ACTIONS[action]}${version === null ? '' : `, version ${version}`}`}
      </Anchor>
      {another && (
        <Text size="xs" c="dimmed">
          Event of a deleted secret that had the same name
        </Text>
      )}
      {outcome !== 'DONE' && (
        <Box hiddenFrom="sm">
          <Outcome outcome={outcome} />
        </Box>
      )}
    </>
  );
}

import { Badge, Box, Button, Collapse, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight, IconRefresh } from '@tabler/icons-react';
import { useMemo } from 'react';
import { usePages } from '../api/queries.ts';
import { ACTIONS, OUTCOMES } from '../audits/actions.ts';
import {
  type AuditOutcome,
  SecretEvents as Events,
  type SecretEventsQuery,
  type WholeSecretFragment,
} from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { Time } from '../parts/time.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import classes from './secret-page.module.css';

type Event = SecretEventsQuery['auditEvents']['nodes'][number];

const pick = ({ auditEvents }: SecretEventsQuery) => auditEvents;
const COLORS = { DONE: 'gray', REFUSED: 'orange', FAILED: 'red' } as const;

/** What was done to a secret, or tried, newest first. */
export function SecretEvents({ secret }: { secret: WholeSecretFragment }) {
  return readsAll(useViewer()) ? (
    <Told secret={secret} />
  ) : (
    <EmptyState title="This is for auditors">
      Every look at this secret and every change of it is recorded. Reading that takes the role ADMIN or AUDITOR.
    </EmptyState>
  );
}

function Told({ secret: { id, name } }: { secret: WholeSecretFragment }) {
  const pages = usePages(Events, { secret: name }, pick);
  const columns = useMemo(
    (): Column<Event>[] => [
      { key: 'what', header: 'What', cell: (event) => <What event={event} secretId={id} /> },
      {
        key: 'who',
        header: 'Who',
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
      { key: 'when', header: 'When', width: '9rem', on: 'wide', cell: ({ at }) => <Time at={at} /> },
      {
        key: 'outcome',
        header: 'Outcome',
        width: '7rem',
        on: 'wide',
        cell: ({ outcome }) => <Outcome outcome={outcome} />,
      },
    ],
    [id],
  );
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          What was done to secrets of this name, or tried. Never with a value.
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconRefresh size={16} stroke={1.5} aria-hidden />}
          onClick={pages.retry}
        >
          Look again
        </Button>
      </Group>
      <PagedTable
        caption={`Audit events of ${name}`}
        columns={columns}
        pages={pages}
        rowKey={(event) => event.id}
        empty={<EmptyState title="No events">The months in which something happened to it were retired.</EmptyState>}
      />
    </Stack>
  );
}

/** What it was, and all else that is recorded of it once that is opened. */
function What({ event, secretId }: { event: Event; secretId: string }) {
  const [opened, { toggle }] = useDisclosure();
  const { id, at, action, version, subject, changes, requestId, address, actor } = event;
  const another = subject?.kind === 'SECRET' && subject.id !== '' && subject.id !== secretId;
  const words = `${ACTIONS[action]}${version === null ? '' : `, version ${version}`}`;
  const Chevron = opened ? IconChevronDown : IconChevronRight;
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        size="compact-sm"
        px={4}
        fw={400}
        c="var(--mantine-color-text)"
        classNames={{ label: classes.what ?? '' }}
        h="auto"
        leftSection={<Chevron size={14} stroke={1.5} aria-hidden />}
        aria-expanded={opened}
        aria-controls={`of-${id}`}
        onClick={toggle}
      >
        {words}
      </Button>
      {another && (
        <Text size="xs" c="dimmed" pl={26}>
          Another secret, which had this name
        </Text>
      )}
      {event.outcome !== 'DONE' && (
        <Box hiddenFrom="sm" pl={26}>
          <Outcome outcome={event.outcome} />
        </Box>
      )}
      <Collapse expanded={opened} id={`of-${id}`}>
        <dl className={classes.record}>
          <Detail name="At">{at}</Detail>
          <Detail name="Who">{`${actor.kind} ${actor.id}`}</Detail>
          <Detail name="Request">{requestId}</Detail>
          <Detail name="From">{address ?? 'not known'}</Detail>
        </dl>
        <pre className={classes.code}>
          {changes == null ? 'Nothing else is recorded of it.' : JSON.stringify(changes, undefined, 2)}
        </pre>
      </Collapse>
    </>
  );
}

function Outcome({ outcome }: { outcome: AuditOutcome }) {
  return (
    <Badge
      variant={outcome === 'DONE' ? 'default' : 'outline'}
      color={COLORS[outcome]}
      c="var(--mantine-color-text)"
      size="sm"
    >
      {OUTCOMES[outcome]}
    </Badge>
  );
}

function Detail({ name, children }: { name: string; children: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

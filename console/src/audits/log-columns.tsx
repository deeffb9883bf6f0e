import { Anchor, Group, Text } from '@mantine/core';
import type { LogRowFragment } from '../generated/operations.ts';
import { NameText } from '../parts/name-text.tsx';
import type { Column } from '../parts/paged-table.tsx';
import { ACTIONS } from './actions.ts';
import { grantedTo } from './granted-to.ts';
import { Moment } from './moment.tsx';
import { Outcome } from './outcome.tsx';

/** Returns the table columns of the audit log. `onOpen` opens the details of an audit event. */
export function logColumns(onOpen: (event: LogRowFragment) => void): Column<LogRowFragment>[] {
  return [
    { key: 'at', header: 'Time', width: '13rem', on: 'wide', cell: ({ at }) => <Moment at={at} /> },
    {
      key: 'actor',
      header: 'Actor',
      width: '25%',
      cell: ({ actor }) => <ActorOrSubjectName {...actor} />,
    },
    {
      key: 'action',
      header: 'Action',
      cell: (event) => (
        <Group gap={6}>
          <Anchor
            component="button"
            type="button"
            size="sm"
            ta="left"
            onClick={() => onOpen(event)}
            aria-label={`${ACTIONS[event.action]}, ${event.subject?.name ?? 'no subject'}, by ${event.actor.name}`}
          >
            {ACTIONS[event.action]}
          </Anchor>
          {event.outcome !== 'DONE' && <Outcome outcome={event.outcome} />}
          <Text size="xs" c="dimmed" w="100%" hiddenFrom="sm">
            {event.subject?.name} {grantedTo(event)} <Moment at={event.at} />
          </Text>
        </Group>
      ),
    },
    {
      key: 'subject',
      header: 'Subject',
      on: 'wide',
      cell: (event) =>
        event.subject && (
          <>
            <ActorOrSubjectName {...event.subject} />
            <Besides>{grantedTo(event)}</Besides>
            <Besides>{event.version === null ? undefined : `version ${event.version}`}</Besides>
          </>
        ),
    },
  ];
}

function Besides({ children }: { children: string | undefined }) {
  if (children === undefined) return null;
  return (
    <Text size="xs" c="dimmed">
      {children}
    </Text>
  );
}

/** Shows the name of the actor or the subject of an audit event. If the name is empty, shows the kind of the actor or the subject. */
function ActorOrSubjectName({ kind, name }: { kind: string; name: string }) {
  const word = kind.toLowerCase().replaceAll('_', ' ');
  return (
    <>
      <Text size="sm">
        <NameText>{name || word}</NameText>
      </Text>
      <Besides>{name !== '' && kind !== 'USER' ? word : undefined}</Besides>
    </>
  );
}

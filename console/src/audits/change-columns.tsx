import { Anchor, Box, Group, Stack, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Access, ChangeRowFragment } from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import type { Column } from '../parts/paged-table.tsx';
import { ACTIONS } from './actions.ts';
import { SecretLink, SubjectLink } from './links.tsx';
import { Moment } from './moment.tsx';

/**
 * Returns the table columns for access changes: time, principal and secret, gained and lost access. If the viewer may read the audit log, a
 * further column shows the audit event that caused the access change.
 */
export function changeColumns({
  events,
  retiredUntil,
}: {
  events: boolean;
  retiredUntil: Date | null;
}): Column<ChangeRowFragment>[] {
  const by: Column<ChangeRowFragment> = {
    key: 'by',
    header: 'Cause',
    on: 'wide',
    cell: (row) => <Cause row={row} retiredUntil={retiredUntil} />,
  };
  return [
    { key: 'at', header: 'Time', width: '13rem', on: 'wide', cell: ({ at }) => <Moment at={at} /> },
    {
      key: 'who',
      header: 'Principal and secret',
      cell: ({ at, principal, secret }) => (
        <Stack gap={0}>
          <SubjectLink subject={principal} />
          <Text size="sm" c="dimmed" component="div">
            <SecretLink secret={secret} />
          </Text>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <Moment at={at} />
          </Text>
        </Stack>
      ),
    },
    {
      key: 'what',
      header: 'Gained and lost',
      cell: (row) => (
        <Stack gap={4}>
          <Part word="Gained" access={row.gained} />
          <Part word="Lost" access={row.lost} />
          {events && (
            <Box hiddenFrom="sm">
              <Cause row={row} retiredUntil={retiredUntil} />
            </Box>
          )}
        </Stack>
      ),
    },
    ...(events ? [by] : []),
  ];
}

function Part({ word, access }: { word: string; access: readonly Access[] }) {
  if (access.length === 0) return null;
  return (
    <Group gap={6}>
      <Text size="sm">{word}</Text>
      <AccessBadges access={access} />
    </Group>
  );
}

function Cause({ row: { at, gained, event }, retiredUntil }: { row: ChangeRowFragment; retiredUntil: Date | null }) {
  if (event !== null)
    return (
      <>
        <Anchor component={Link} href={`/audits/log?event=${event.id}`} size="sm">
          {ACTIONS[event.action]}
        </Anchor>
        <Text size="sm" c="dimmed">
          {event.actor.name}
        </Text>
      </>
    );
  const retired = retiredUntil !== null && new Date(at) < retiredUntil;
  if (gained.length > 0) return <Text size="sm">The audit event is no longer in the log</Text>;
  return (
    <Text size="sm">
      {retired ? 'The grant expired, or the audit event is no longer in the log' : 'The grant expired'}
    </Text>
  );
}

import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Subject } from '../access/subjects.ts';
import { completeList } from '../api/complete-list.ts';
import type { Role } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { JoinDialog, LeaveDialog } from './membership-dialogs.tsx';

interface Membership extends Subject {
  description: string | null;
  roles: readonly Role[];
}

/** Lists the groups of a user or an application, with buttons to add and remove memberships. */
export function MembershipsPanel({
  principal,
  groups,
  readOnly,
}: {
  principal: Subject;
  groups: readonly Membership[];
  /** True if the principal has the role USER_READ_ONLY. A principal with this role cannot be in a group. */
  readOnly: boolean;
}) {
  const admin = isAdmin(useViewer());
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Subject>();
  const [open, setOpen] = useState(false);
  const columns: Column<Membership>[] = [
    {
      key: 'name',
      header: 'Group',
      cell: ({ id, name, description }) => (
        <>
          <Anchor component={Link} href={`/groups/${id}`} fw={500} inherit>
            {name}
          </Anchor>
          {description !== null && (
            <Text size="xs" c="dimmed" lineClamp={2}>
              {description}
            </Text>
          )}
        </>
      ),
    },
    { key: 'roles', header: 'Roles of the group', on: 'wide', cell: ({ roles }) => <RoleBadges roles={roles} /> },
    ...(admin
      ? [
          {
            key: 'actions',
            header: 'Remove',
            width: '6.5rem',
            align: 'right' as const,
            cell: (group: Membership) => (
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Remove from ${group.name}`}
                onClick={() => {
                  setLeaving(group);
                  setOpen(true);
                }}
              >
                Remove
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <Stack component="section" aria-labelledby="groups">
      <Group justify="space-between" align="flex-start">
        <Title order={2} size="h4" id="groups">
          Groups
        </Title>
        {admin && !readOnly && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add to group
          </Button>
        )}
      </Group>
      <PagedTable
        caption={`Groups of ${principal.name}`}
        columns={columns}
        pages={completeList(groups)}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No groups">
            {readOnly
              ? 'A principal with the role USER_READ_ONLY cannot be in a group. Only direct grants can give access to the principal.'
              : 'Members of a group have the access of the group.'}
          </EmptyState>
        }
      />
      <JoinDialog principal={principal} opened={adding} onClose={() => setAdding(false)} />
      {leaving && <LeaveDialog group={leaving} principal={principal} opened={open} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

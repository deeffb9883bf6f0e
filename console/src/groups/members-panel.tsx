import { Anchor, Badge, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import type { Subject } from '../access/subjects.ts';
import { usePages } from '../api/queries.ts';
import { GroupMembers, type GroupMembersQuery, type MemberRowFragment } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { isAdmin, readsAll, useViewer, type Viewer } from '../session/viewer.ts';
import { AddMembersDialog, LeaveDialog } from './membership-dialogs.tsx';

const NONE = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const pick = ({ node }: GroupMembersQuery) => (node?.__typename === 'Group' ? node.members : NONE);

/** Lists the members of a group, with buttons to add and remove members. */
export function MembersPanel({ group }: { group: Subject }) {
  const viewer = useViewer();
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Subject>();
  const [open, setOpen] = useState(false);
  const variables = useMemo(() => ({ id: group.id }), [group.id]);
  const pages = usePages(GroupMembers, variables, pick);
  const columns = columnsFor(viewer, (member) => {
    setRemoving(member);
    setOpen(true);
  });
  return (
    <Stack component="section" aria-labelledby="members">
      <Group justify="space-between" align="flex-start">
        <Title order={2} size="h4" id="members">
          Members
        </Title>
        {isAdmin(viewer) && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add members
          </Button>
        )}
      </Group>
      <PagedTable
        caption={`Members of ${group.name}`}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No members yet">
            Members of a group are users and applications. Every member has the access of the group.
            {isAdmin(viewer) && ' Before you add a member, the dialog shows which access the new member would gain.'}
          </EmptyState>
        }
      />
      <AddMembersDialog group={group} members={pages.rows} opened={adding} onClose={() => setAdding(false)} />
      {removing && <LeaveDialog group={group} principal={removing} opened={open} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

function columnsFor(viewer: Viewer, onRemove: (member: Subject) => void): Column<MemberRowFragment>[] {
  const links = (member: MemberRowFragment) =>
    member.__typename === 'Application' || readsAll(viewer) || member.id === viewer.id;
  return [
    {
      key: 'name',
      header: 'Name',
      cell: (member) => (
        <>
          {links(member) ? (
            <Anchor
              component={Link}
              href={`/${member.__typename === 'User' ? 'users' : 'applications'}/${member.id}`}
              fw={500}
              inherit
            >
              {member.name}
            </Anchor>
          ) : (
            <Text span inherit fw={500}>
              {member.name}
            </Text>
          )}
          {member.__typename === 'User' && member.username !== member.name && (
            <Text size="xs" c="dimmed">
              {member.username}
            </Text>
          )}
        </>
      ),
    },
    {
      key: 'kind',
      header: 'Type',
      cell: (member) => (
        <Group gap={6}>
          {member.__typename}
          {member.__typename === 'User' && !member.active && (
            <Badge color="gray" size="sm">
              Inactive
            </Badge>
          )}
        </Group>
      ),
    },
    ...(isAdmin(viewer)
      ? [
          {
            key: 'actions',
            header: 'Remove',
            width: '6.5rem',
            align: 'right' as const,
            cell: ({ id, name }: MemberRowFragment) => (
              <Button
                variant="default"
                size="compact-sm"
                aria-label={`Remove ${name}`}
                onClick={() => onRemove({ id, name })}
              >
                Remove
              </Button>
            ),
          },
        ]
      : []),
  ];
}

import { Anchor, Box, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { usePages } from '../api/queries.ts';
import { type GroupRowFragment, Groups, type GroupsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { isAdmin, readsAll, useViewer } from '../session/viewer.ts';
import { CreateGroupDialog } from './group-dialogs.tsx';

const pick = ({ groups }: GroupsQuery) => groups;

const COLUMNS: Column<GroupRowFragment>[] = [
  {
    key: 'name',
    header: 'Name',
    cell: ({ id, name }) => (
      <Anchor component={Link} href={`/groups/${id}`} fw={500} inherit>
        {name}
      </Anchor>
    ),
  },
  {
    key: 'description',
    header: 'Description',
    cell: ({ description }) => (
      <Text size="sm" lineClamp={2}>
        {description}
      </Text>
    ),
  },
  { key: 'roles', header: 'Roles', on: 'wide', cell: ({ roles }) => <RoleBadges roles={roles} /> },
];

export function GroupsPage() {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [{ q }, change] = useUrlState({ q: '' });
  const [adding, setAdding] = useState(false);
  const variables = useMemo(() => ({ name: q === '' ? null : q }), [q]);
  const pages = usePages(Groups, variables, pick);
  const add = isAdmin(viewer) && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      Add group
    </Button>
  );
  return (
    <Page
      title="Groups"
      about={
        readsAll(viewer)
          ? 'Users and applications that share roles and permissions.'
          : 'Groups of which you are a member. Administrators manage groups and their members.'
      }
      actions={add}
    >
      <Box maw={420}>
        <SearchField label="Search groups" value={q} onChange={(q) => change({ q: q.trim() })} />
      </Box>
      <PagedTable
        caption="Groups"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          q !== '' ? (
            <EmptyState title="No groups match">No group has “{q}” in its name.</EmptyState>
          ) : readsAll(viewer) ? (
            <EmptyState title="No groups yet">
              A group gives its members roles and permissions for as long as they are members.{' '}
              {isAdmin(viewer) &&
                'Add a group, add users and applications to it, then grant the group access to a tag.'}
            </EmptyState>
          ) : (
            <EmptyState title="No groups">
              Members of a group have the access of the group. An administrator can add you to a group.
            </EmptyState>
          )
        }
      />
      <CreateGroupDialog opened={adding} onClose={() => setAdding(false)} onDone={(id) => go(`/groups/${id}`)} />
    </Page>
  );
}

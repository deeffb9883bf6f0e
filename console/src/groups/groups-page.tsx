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
          ? 'Users and applications that hold roles and permissions together.'
          : 'Those that you are in. Administrators make groups and say who is in them.'
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
            <EmptyState title="No such group">No group has “{q}” in its name.</EmptyState>
          ) : readsAll(viewer) ? (
            <EmptyState title="No groups yet">
              A group gives a team what it needs in one place: whoever joins has its permissions, whoever leaves has
              them no more. {isAdmin(viewer) && 'Add one, put people and applications in it, then grant it a tag.'}
            </EmptyState>
          ) : (
            <EmptyState title="You are in no group">
              What a group is granted, all its members have. An administrator can put you in one.
            </EmptyState>
          )
        }
      />
      <CreateGroupDialog opened={adding} onClose={() => setAdding(false)} onDone={(id) => go(`/groups/${id}`)} />
    </Page>
  );
}

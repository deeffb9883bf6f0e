import { Anchor, Box, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { usePages } from '../api/queries.ts';
import { type UserRowFragment, Users, type UsersQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { isAdmin, readsAll, useViewer } from '../session/viewer.ts';
import { CreateUserDialog } from './create-user-dialog.tsx';
import { UserState } from './user-state.tsx';

const pick = ({ users }: UsersQuery) => users;

const COLUMNS: Column<UserRowFragment>[] = [
  {
    key: 'username',
    header: 'Username',
    cell: ({ id, username, roles }) => (
      <>
        <Anchor component={Link} href={`/users/${id}`} fw={500} inherit>
          {username}
        </Anchor>
        <Text hiddenFrom="sm" size="xs" c="dimmed">
          {roles.join(', ')}
        </Text>
      </>
    ),
  },
  { key: 'name', header: 'Name', on: 'wide', cell: ({ name }) => name },
  { key: 'roles', header: 'Roles', on: 'wide', cell: ({ roles }) => <RoleBadges roles={roles} /> },
  { key: 'state', header: 'State', width: '7rem', cell: ({ active }) => <UserState active={active} /> },
];

export function UsersPage() {
  const viewer = useViewer();
  if (!readsAll(viewer))
    return (
      <Page title="Users">
        <EmptyState
          title="Only for administrators and auditors"
          action={
            viewer.id.startsWith('usr_') && (
              <Anchor component={Link} href={`/users/${viewer.id}`}>
                Show your own user
              </Anchor>
            )
          }
        >
          You can see your own user.
        </EmptyState>
      </Page>
    );
  return <AllUsers />;
}

function AllUsers() {
  const viewer = useViewer();
  const [, go] = useLocation();
  const [{ q }, change] = useUrlState({ q: '' });
  const [adding, setAdding] = useState(false);
  const variables = useMemo(() => ({ name: q === '' ? null : q }), [q]);
  const pages = usePages(Users, variables, pick);
  return (
    <Page
      title="Users"
      about="People who sign in with a username and a password."
      actions={
        isAdmin(viewer) && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add user
          </Button>
        )
      }
    >
      <Box maw={420}>
        <SearchField label="Search users" value={q} onChange={(q) => change({ q: q.trim() })} />
      </Box>
      <PagedTable
        caption="Users"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No users match">
            <Text inherit>No user has “{q}” in the username or the name.</Text>
          </EmptyState>
        }
      />
      <CreateUserDialog opened={adding} onClose={() => setAdding(false)} onDone={(id) => go(`/users/${id}`)} />
    </Page>
  );
}

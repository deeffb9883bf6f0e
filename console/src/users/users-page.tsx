import { Anchor, Text } from '@mantine/core';
import { Link } from 'wouter';
import { type UserRowFragment, Users, type UsersQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import type { Column } from '../parts/paged-table.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { SearchedList } from '../parts/searched-list.tsx';
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
          title="Only administrators and auditors can see all users"
          action={
            viewer.id.startsWith('usr_') && (
              <Anchor component={Link} href={`/users/${viewer.id}`}>
                Show your own user
              </Anchor>
            )
          }
        >
          You can see only your own user.
        </EmptyState>
      </Page>
    );
  return (
    <SearchedList
      kind="user"
      about="Users are people who sign in with a username and a password."
      searched="the username or the name"
      operation={Users}
      pick={pick}
      columns={COLUMNS}
      mayAdd={isAdmin(viewer)}
      AddDialog={CreateUserDialog}
    />
  );
}

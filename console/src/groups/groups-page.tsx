import { type GroupRowFragment, Groups, type GroupsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { describedColumns, SearchedList } from '../parts/searched-list.tsx';
import { isAdmin, readsAll, useViewer } from '../session/viewer.ts';
import { CreateGroupDialog } from './group-dialogs.tsx';

const pick = ({ groups }: GroupsQuery) => groups;
const COLUMNS = describedColumns<GroupRowFragment>('groups');

export function GroupsPage() {
  const viewer = useViewer();
  const sees = readsAll(viewer);
  return (
    <SearchedList
      kind="group"
      about={
        sees
          ? 'A group consists of users and applications that share roles and permissions.'
          : 'You see only your own groups. Administrators manage groups and their members.'
      }
      operation={Groups}
      pick={pick}
      columns={COLUMNS}
      empty={
        sees ? (
          <EmptyState title="No groups yet">
            Members of a group have the roles and permissions of the group. A principal that leaves the group loses
            these roles and permissions.{' '}
            {isAdmin(viewer) &&
              'Add a group, add users and applications to the group, then grant the group access to a tag.'}
          </EmptyState>
        ) : (
          <EmptyState title="No groups">
            Members of a group have the access of the group. An administrator can add you to a group.
          </EmptyState>
        )
      }
      mayAdd={isAdmin(viewer)}
      AddDialog={CreateGroupDialog}
    />
  );
}

import { Text } from '@mantine/core';
import { type ApplicationRowFragment, Applications, type ApplicationsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import type { Column } from '../parts/paged-table.tsx';
import { describedColumns, SearchedList } from '../parts/searched-list.tsx';
import { Time } from '../parts/time.tsx';
import { createsApplications, readsAll, useViewer } from '../session/viewer.ts';
import { CreateApplicationDialog } from './application-dialogs.tsx';

const pick = ({ applications }: ApplicationsQuery) => applications;

const COLUMNS: Column<ApplicationRowFragment>[] = [
  ...describedColumns<ApplicationRowFragment>('applications'),
  {
    key: 'created',
    header: 'Created',
    width: '14rem',
    on: 'wide',
    cell: ({ createdAt, createdBy }) => (
      <Text size="sm">
        <Time at={createdAt} />
        {createdBy && ` by ${createdBy.name}`}
      </Text>
    ),
  },
];

export function ApplicationsPage() {
  const viewer = useViewer();
  const creates = createsApplications(viewer);
  const seesAll = readsAll(viewer) || viewer.roles.has('APPLICATION_MANAGER');
  return (
    <SearchedList
      kind="application"
      about={`Applications are programs that sign in with access keys.${seesAll ? '' : ' You see only the applications that you created.'}`}
      operation={Applications}
      pick={pick}
      columns={COLUMNS}
      empty={
        <EmptyState title="No applications yet">
          An application is a program that uses secrets. An application signs in with an access key. Roles, groups and
          permissions give an application access to secrets.{' '}
          {creates
            ? 'Add an application, create an access key for the application, then grant the application access to a tag.'
            : 'To add an application, you need the role USER, APPLICATION_CREATOR or APPLICATION_MANAGER. Ask an administrator for one of these roles.'}
        </EmptyState>
      }
      mayAdd={creates}
      AddDialog={CreateApplicationDialog}
    />
  );
}

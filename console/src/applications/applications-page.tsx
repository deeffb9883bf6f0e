import { Anchor, Box, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { usePages } from '../api/queries.ts';
import { type ApplicationRowFragment, Applications, type ApplicationsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { createsApplications, readsAll, useViewer } from '../session/viewer.ts';
import { CreateApplicationDialog } from './application-dialogs.tsx';

const pick = ({ applications }: ApplicationsQuery) => applications;

const COLUMNS: Column<ApplicationRowFragment>[] = [
  {
    key: 'name',
    header: 'Name',
    cell: ({ id, name }) => (
      <Anchor component={Link} href={`/applications/${id}`} fw={500} inherit>
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
  const [, go] = useLocation();
  const [{ q }, change] = useUrlState({ q: '' });
  const [adding, setAdding] = useState(false);
  const variables = useMemo(() => ({ name: q === '' ? null : q }), [q]);
  const pages = usePages(Applications, variables, pick);
  return (
    <Page
      title="Applications"
      about={
        seesAll
          ? 'Programs that sign in with access keys.'
          : 'Programs that sign in with access keys. You see the applications you created.'
      }
      actions={
        creates && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add application
          </Button>
        )
      }
    >
      <Box maw={420}>
        <SearchField label="Search applications" value={q} onChange={(q) => change({ q: q.trim() })} />
      </Box>
      <PagedTable
        caption="Applications"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          q !== '' ? (
            <EmptyState title="No applications match">No application has “{q}” in its name.</EmptyState>
          ) : (
            <EmptyState title="No applications yet">
              An application is a program or a worker that uses secrets. It signs in with an access key, and has only
              the access that it is granted.{' '}
              {creates
                ? 'Add an application, create an access key for it, then grant it access to a tag.'
                : 'Adding an application needs the role USER, APPLICATION_CREATOR or APPLICATION_MANAGER. Ask an administrator.'}
            </EmptyState>
          )
        }
      />
      <CreateApplicationDialog
        opened={adding}
        onClose={() => setAdding(false)}
        onDone={(id) => go(`/applications/${id}`)}
      />
    </Page>
  );
}

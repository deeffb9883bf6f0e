import { Anchor, Box, Button, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ComponentType, type ReactNode, useMemo, useState } from 'react';
import { Link, useLocation } from 'wouter';
import type { Operation } from '../api/operation.ts';
import { type Connection, usePages } from '../api/queries.ts';
import type { Role } from '../generated/operations.ts';
import { EmptyState } from './empty-state.tsx';
import { Page } from './page.tsx';
import { type Column, PagedTable } from './paged-table.tsx';
import { RoleBadges } from './roles.tsx';
import { SearchField } from './search-field.tsx';
import { useUrlState } from './url-state.ts';

interface Variables {
  name?: string | null | undefined;
  first: number;
  after?: string | null | undefined;
}

/**
 * The page that lists all users, all groups or all applications. The page contains a table, a search field and a button that adds an
 * object.
 */
export function SearchedList<Result, Row extends { id: string }>({
  kind,
  about,
  searched = 'its name',
  operation,
  pick,
  columns,
  empty,
  mayAdd,
  AddDialog,
}: {
  /** The singular name of the listed objects, for example `group` on the page `/groups`. */
  kind: string;
  about: string;
  /** Describes in which texts the search field searches, for example `the username or the name`. */
  searched?: string;
  operation: Operation<Result, Variables>;
  /** Returns the GraphQL connection in the query result. The caller must pass the same `pick` function on each render. */
  pick: (result: Result) => Connection<Row>;
  columns: Column<Row>[];
  /** Content that appears if the list is empty and the search field is empty. */
  empty?: ReactNode;
  mayAdd: boolean;
  AddDialog: ComponentType<{ opened: boolean; onClose: () => void; onDone: (id: string) => void }>;
}) {
  const kinds = `${kind}s`;
  const title = kinds.charAt(0).toUpperCase() + kinds.slice(1);
  const [, go] = useLocation();
  const [{ q }, change] = useUrlState({ q: '' });
  const [adding, setAdding] = useState(false);
  const variables = useMemo(() => ({ name: q === '' ? null : q }), [q]);
  const pages = usePages(operation, variables, pick);
  return (
    <Page
      title={title}
      about={about}
      actions={
        mayAdd && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
            Add {kind}
          </Button>
        )
      }
    >
      <Box maw={420}>
        <SearchField label={`Search ${kinds}`} value={q} onChange={(q) => change({ q: q.trim() })} />
      </Box>
      <PagedTable
        caption={title}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          q !== '' || empty === undefined ? (
            <EmptyState title={`No ${kinds} match`}>
              No {kind} has “{q}” in {searched}.
            </EmptyState>
          ) : (
            empty
          )
        }
      />
      <AddDialog opened={adding} onClose={() => setAdding(false)} onDone={(id) => go(`/${kinds}/${id}`)} />
    </Page>
  );
}

/**
 * Returns the table columns that the list of groups and the list of applications have in common. The name in a row is a link to the page of
 * the group or the application.
 */
export function describedColumns<
  Row extends { id: string; name: string; description: string | null; roles: readonly Role[] },
>(kinds: string): Column<Row>[] {
  return [
    {
      key: 'name',
      header: 'Name',
      cell: ({ id, name }) => (
        <Anchor component={Link} href={`/${kinds}/${id}`} fw={500} inherit>
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
}

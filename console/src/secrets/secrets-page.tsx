import { Anchor, Badge, Group, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo } from 'react';
import { Link } from 'wouter';
import { usePages } from '../api/queries.ts';
import { type SecretRowFragment, Secrets, type SecretsQuery } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';

const pick = ({ secrets }: SecretsQuery) => secrets;

const COLUMNS: Column<SecretRowFragment>[] = [
  {
    key: 'name',
    header: 'Name',
    cell: ({ name }) => (
      <Anchor component={Link} href={`/secrets/${name}`} fw={500}>
        {name}
      </Anchor>
    ),
  },
  {
    key: 'tags',
    header: 'Tags',
    cell: ({ tags }) => (
      <Group gap={4}>
        {tags.map(({ id }) => (
          <Badge key={id} variant="default" tt="none">
            {id}
          </Badge>
        ))}
      </Group>
    ),
  },
  { key: 'value', header: 'Value', width: '6rem', cell: ({ value }) => <Text ff="monospace">{value}</Text> },
  { key: 'version', header: 'Version', width: '5rem', on: 'wide', cell: ({ version }) => version },
  {
    key: 'updated',
    header: 'Updated',
    on: 'wide',
    cell: ({ updatedAt, updatedBy }) => (
      <>
        <Time at={updatedAt} />
        {updatedBy && ` by ${updatedBy.name}`}
      </>
    ),
  },
  {
    key: 'expires',
    header: 'Expires',
    on: 'wide',
    cell: ({ expiresAt }) => (expiresAt ? <Time at={expiresAt} /> : 'never'),
  },
];

export function SecretsPage() {
  const [{ q }, change] = useUrlState({ q: '' });
  const [search] = useDebouncedValue(q, 200);
  const variables = useMemo(
    () => ({ filter: search === '' ? {} : { nameContains: search }, orderBy: 'NAME_ASC' as const }),
    [search],
  );
  const pages = usePages(Secrets, variables, pick);
  return (
    <Page title="Secrets" about="What you may see. Values show only when you ask for one, and that is recorded.">
      <TextInput
        label="Search"
        placeholder="Part of a name"
        value={q}
        onChange={({ currentTarget }) => change({ q: currentTarget.value })}
      />
      <PagedTable
        caption="Secrets"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={<EmptyState title="No secrets yet">Add the first one.</EmptyState>}
      />
    </Page>
  );
}

import { Anchor, Box, Button, Stack, Text, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { usePages } from '../api/queries.ts';
import { DeletedSecrets, type DeletedSecretsQuery } from '../generated/operations.ts';
import { RESTORABLE_DAYS } from '../limits.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { NameText } from '../parts/name-text.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { TagBadges } from '../parts/tags.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { whyNot } from './may-do.ts';
import { useRestore } from './restore.ts';

type Row = DeletedSecretsQuery['secrets']['nodes'][number];
const pick = ({ secrets }: DeletedSecretsQuery) => secrets;

const RESTORABLE_MS = RESTORABLE_DAYS * 86_400_000;

const COLUMNS: Column<Row>[] = [
  {
    key: 'name',
    header: 'Name',
    cell: ({ name, tags, deletedAt }) => (
      <Stack gap={4}>
        <Text fw={500} size="sm">
          <NameText>{name}</NameText>
        </Text>
        <Box hiddenFrom="sm">
          <TagBadges tags={tags} />
          {deletedAt && (
            <Text size="sm">
              Deleted <Time at={deletedAt} />
            </Text>
          )}
        </Box>
      </Stack>
    ),
  },
  { key: 'tags', header: 'Tags', on: 'wide', cell: ({ tags }) => <TagBadges tags={tags} /> },
  {
    key: 'deleted',
    header: 'Deleted',
    width: '9rem',
    on: 'wide',
    cell: ({ deletedAt }) => deletedAt && <Time at={deletedAt} />,
  },
  {
    key: 'until',
    header: 'Restorable until',
    width: '9rem',
    on: 'wide',
    cell: ({ deletedAt }) => deletedAt && <Time at={new Date(Date.parse(deletedAt) + RESTORABLE_MS).toISOString()} />,
  },
  {
    key: 'restore',
    header: 'Restore',
    width: '9rem',
    align: 'right',
    cell: (secret) => <RestoreButton secret={secret} />,
  },
];

/** The page that lists the deleted secrets that users can still restore. */
export function DeletedSecretsPage() {
  const [{ q }, change] = useUrlState({ q: '' });
  const variables = useMemo(
    () => ({
      filter: { deleted: true, ...(q.trim() !== '' && { nameContains: q.trim() }) },
      orderBy: 'UPDATED_AT_DESC' as const,
    }),
    [q],
  );
  const pages = usePages(DeletedSecrets, variables, pick);
  return (
    <Page
      title="Deleted secrets"
      about={`You can restore a deleted secret for ${RESTORABLE_DAYS} days after its deletion. After ${RESTORABLE_DAYS} days, the gateway destroys the values of the deleted secret.`}
    >
      <Box maw={320}>
        <SearchField value={q} onChange={(q) => change({ q })} />
      </Box>
      <PagedTable
        caption="Deleted secrets"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          q === '' ? (
            <EmptyState title="No deleted secrets">
              If you delete a secret, you can restore the secret on this page. You find all other secrets under{' '}
              <Anchor component={Link} href="/secrets">
                Secrets
              </Anchor>
              .
            </EmptyState>
          ) : (
            <EmptyState title="No deleted secrets match">Search for another part of the name.</EmptyState>
          )
        }
      />
    </Page>
  );
}

function RestoreButton({ secret }: { secret: Row }) {
  const restore = useRestore();
  const [busy, setBusy] = useState(false);
  const why = whyNot(secret, 'DELETE');
  const run = async () => {
    setBusy(true);
    await restore(secret);
    setBusy(false);
  };
  return (
    <Tooltip
      label={why}
      disabled={why === undefined}
      multiline
      maw={280}
      events={{ hover: true, focus: true, touch: true }}
    >
      <Button
        size="xs"
        variant="default"
        leftSection={<IconArrowBackUp size={16} stroke={1.5} />}
        aria-label={`Restore ${secret.name}`}
        loading={busy}
        onClick={why === undefined ? () => void run() : undefined}
        {...(why !== undefined && { 'aria-disabled': true, 'data-disabled': true, 'aria-description': why })}
      >
        Restore
      </Button>
    </Tooltip>
  );
}

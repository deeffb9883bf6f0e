import { Badge, Button, Code, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import type { Subject } from '../access/subjects.ts';
import { completeList } from '../api/complete-list.ts';
import { useAsk, useChange } from '../api/queries.ts';
import { type AccessKeyRowFragment, AccessKeys, SetAccessKeyActive } from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { notify } from '../parts/notify.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Time } from '../parts/time.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { DeleteKeyDialog } from './delete-key-dialog.tsx';

/** Lists the access keys of an application, with buttons to create, activate, deactivate and delete access keys. */
export function AccessKeysPanel({ application, mayChange }: { application: Subject; mayChange: boolean }) {
  const { data, error, isPending, refetch } = useAsk(AccessKeys, { id: application.id });
  const [creating, setCreating] = useState(false);
  const [deleting, setDeleting] = useState<string>();
  const [open, setOpen] = useState(false);
  const switching = useChange(SetAccessKeyActive, {
    filledIn: false,
    onDone: (_, { active }) =>
      notify(
        active
          ? 'The access key is active.'
          : 'The access key is inactive. The gateway now refuses all tokens of the access key.',
      ),
  });
  const pages = {
    ...completeList(data?.application?.accessKeys ?? []),
    loading: isPending,
    problem: error,
    retry: () => void refetch(),
  };
  const columns = columnsFor(mayChange, {
    busy: switching.isPending ? switching.variables.keyId : undefined,
    onSwitch: ({ id, active }) => switching.mutate({ keyId: id, active: !active }),
    onDelete: ({ id }) => {
      setDeleting(id);
      setOpen(true);
    },
  });
  return (
    <Stack component="section" aria-labelledby="keys">
      <Group justify="space-between" align="flex-start">
        <Title order={2} size="h4" id="keys">
          Access keys
        </Title>
        {mayChange && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
            Create access key
          </Button>
        )}
      </Group>
      <ProblemAlert problem={switching.error} />
      <PagedTable
        caption={`Access keys of ${application.name}`}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No access keys yet">
            An application signs in with an access key. An access key has an ID and a secret. The console shows the
            secret only once.
            {mayChange && ' Create an access key, then store the access key in the configuration of your program.'}{' '}
            Several access keys can be active at the same time, so that you can replace an access key without downtime.
          </EmptyState>
        }
      />
      <CreateKeyDialog application={application} opened={creating} onClose={() => setCreating(false)} />
      {deleting && <DeleteKeyDialog keyId={deleting} opened={open} onClose={() => setOpen(false)} />}
    </Stack>
  );
}

function columnsFor(
  mayChange: boolean,
  on: {
    busy: string | undefined;
    onSwitch: (key: AccessKeyRowFragment) => void;
    onDelete: (key: AccessKeyRowFragment) => void;
  },
): Column<AccessKeyRowFragment>[] {
  return [
    {
      key: 'id',
      header: 'Key ID',
      cell: (key) => (
        <>
          <Code>{key.id}</Code>
          <Group hiddenFrom="sm" gap={6} mt={6}>
            <State accessKey={key} />
            <Text size="xs" c="dimmed">
              {key.lastUsedAt === null ? (
                'never used'
              ) : (
                <>
                  used <Time at={key.lastUsedAt} />
                </>
              )}
              {key.expiresAt !== null && (
                <>
                  , expires <Time at={key.expiresAt} />
                </>
              )}
            </Text>
          </Group>
        </>
      ),
    },
    { key: 'state', header: 'State', width: '7rem', on: 'wide', cell: (key) => <State accessKey={key} /> },
    {
      key: 'used',
      header: 'Last used',
      width: '8rem',
      on: 'wide',
      cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Time at={lastUsedAt} />),
    },
    {
      key: 'expires',
      header: 'Expires',
      width: '8rem',
      on: 'wide',
      cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Time at={expiresAt} />),
    },
    { key: 'created', header: 'Created', width: '8rem', on: 'wide', cell: ({ createdAt }) => <Time at={createdAt} /> },
    ...(mayChange
      ? [
          {
            key: 'actions',
            header: 'Change',
            // On a wide screen, the buttons are side by side. On a phone, the buttons are below each other.
            width: 'clamp(8.5rem, 24vw, 13.5rem)',
            align: 'right' as const,
            cell: (key: AccessKeyRowFragment) => {
              const verb = key.active ? 'Deactivate' : 'Activate';
              return (
                <Group gap={6} justify="flex-end">
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`${verb} ${key.id}`}
                    loading={on.busy === key.id}
                    onClick={() => on.onSwitch(key)}
                  >
                    {verb}
                  </Button>
                  <Button
                    variant="default"
                    size="compact-sm"
                    aria-label={`Delete ${key.id}`}
                    onClick={() => on.onDelete(key)}
                  >
                    Delete
                  </Button>
                </Group>
              );
            },
          },
        ]
      : []),
  ];
}

function State({ accessKey: { active, expiresAt } }: { accessKey: AccessKeyRowFragment }) {
  if (expiresAt !== null && new Date(expiresAt) <= new Date())
    return (
      <Badge color="red" variant="light" size="sm">
        Expired
      </Badge>
    );
  return active ? (
    <Badge color="green" variant="light" size="sm">
      Active
    </Badge>
  ) : (
    <Badge color="gray" variant="light" size="sm">
      Inactive
    </Badge>
  );
}

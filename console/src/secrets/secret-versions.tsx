import { Badge, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { usePages } from '../api/queries.ts';
import {
  type SecretVersionsQuery,
  SecretVersions as Versions,
  type WholeSecretFragment,
} from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Time } from '../parts/time.tsx';
import { useRevealOne } from './reveal-one.ts';
import { ShownValue } from './shown-value.tsx';
import { VersionActions } from './version-actions.tsx';
import { type VersionChange, VersionDialog } from './version-dialog.tsx';

export type Version = NonNullable<SecretVersionsQuery['secret']>['versions']['nodes'][number];

const NONE: { nodes: Version[]; pageInfo: { hasNextPage: boolean } } = { nodes: [], pageInfo: { hasNextPage: false } };
const pick = ({ secret }: SecretVersionsQuery) => secret?.versions ?? NONE;

/** What a secret was, newest first: to be looked at, made current again, or destroyed. */
export function SecretVersions({ secret }: { secret: WholeSecretFragment }) {
  const { name, version: current, viewerAccess } = secret;
  const pages = usePages(Versions, { name }, pick);
  const revealing = useRevealOne(name);
  const [change, setChange] = useState<VersionChange>();

  const columns: Column<Version>[] = [
    {
      key: 'version',
      header: 'Version',
      width: '9rem',
      cell: ({ number, createdAt, createdBy }) => (
        <>
          <Group gap="xs">
            <Text span inherit fw={500}>
              {number}
            </Text>
            {number === current && (
              <Badge size="sm" variant="light">
                Current
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            <Time at={createdAt} />
            {createdBy && ` by ${createdBy.name}`}
          </Text>
        </>
      ),
    },
    {
      key: 'written',
      header: 'Written',
      on: 'wide',
      cell: ({ createdAt, createdBy }) => (
        <>
          <Time at={createdAt} />
          {createdBy && ` by ${createdBy.name}`}
        </>
      ),
    },
    {
      key: 'value',
      header: 'Value',
      cell: ({ number, destroyedAt }) => {
        if (destroyedAt !== null)
          return (
            <Text size="sm" c="dimmed">
              Destroyed <Time at={destroyedAt} />
            </Text>
          );
        if (revealing.version !== number) return <Text ff="monospace">***</Text>;
        if (revealing.problem !== undefined) return <ProblemAlert problem={revealing.problem} />;
        if (revealing.value === undefined) return <Text ff="monospace">***</Text>;
        return <ShownValue value={revealing.value} label={`Value of version ${number}`} />;
      },
    },
    {
      key: 'actions',
      header: <span aria-hidden="true" />,
      width: '9.5rem',
      align: 'right',
      cell: (version) => (
        <VersionActions
          name={name}
          version={version}
          current={version.number === current}
          access={viewerAccess}
          revealing={revealing}
          onChange={(kind) => setChange({ kind, version: version.number })}
        />
      ),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The newest 20 keep their values: older ones are destroyed with the next new value. {lacking(viewerAccess)}
      </Text>
      <PagedTable
        caption={`Versions of ${name}`}
        columns={columns}
        pages={pages}
        rowKey={({ number }) => String(number)}
        empty={<EmptyState title="No versions">It was deleted meanwhile, or you do not see it any more.</EmptyState>}
      />
      <VersionDialog name={name} current={current} change={change} onClose={() => setChange(undefined)} />
    </Stack>
  );
}

/** What one cannot do here, and what it would take. */
function lacking(access: WholeSecretFragment['viewerAccess']): string {
  const needed = [
    ['READ', 'showing a value'],
    ['UPDATE', 'rolling back'],
    ['DELETE', 'destroying'],
  ] as const;
  const missing = needed.filter(([one]) => !access.includes(one)).map(([one, what]) => `${what} needs ${one}`);
  if (missing.length === 0) return '';
  return `You do not have every access: ${missing.join(', ')}.`;
}

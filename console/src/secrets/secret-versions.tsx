import { Badge, Group, Stack, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { usePages } from '../api/queries.ts';
import {
  type SecretVersionsQuery,
  SecretVersions as Versions,
  type WholeSecretFragment,
} from '../generated/operations.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { useNarrow } from '../parts/narrow.ts';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { Time } from '../parts/time.tsx';
import { useRevealOne } from './reveal-one.ts';
import { ValueText } from './value-text.tsx';
import { VersionActions } from './version-actions.tsx';
import { type VersionChange, VersionDialog } from './version-dialog.tsx';

export type Version = NonNullable<SecretVersionsQuery['secret']>['versions']['nodes'][number];

const NONE: { nodes: Version[]; pageInfo: { hasNextPage: boolean } } = { nodes: [], pageInfo: { hasNextPage: false } };
const pick = ({ secret }: SecretVersionsQuery) => secret?.versions ?? NONE;

/**
 * Lists the versions of a secret, newest first. With buttons, the user can reveal a version, roll back to a version and destroy a version.
 */
export function SecretVersions({ secret }: { secret: WholeSecretFragment }) {
  const { name, version: current, viewerAccess } = secret;
  const pages = usePages(Versions, { name }, pick);
  const revealing = useRevealOne(name);
  const [change, setChange] = useState<VersionChange>();

  const narrow = useNarrow();

  const shownOf = ({ number, destroyedAt }: Version) => {
    if (destroyedAt !== null)
      return (
        <Text size="sm" c="dimmed">
          Destroyed <Time at={destroyedAt} />
        </Text>
      );
    const { version, value, problem } = revealing;
    if (version === number && problem !== undefined) return <ProblemAlert problem={problem} />;
    if (version === number && value !== undefined)
      return <ValueText value={value} label={`Value of version ${number}`} />;
    return <Text ff="monospace">***</Text>;
  };
  const columns: Column<Version>[] = [
    {
      key: 'version',
      header: 'Version',
      ...(!narrow && { width: '9rem' }),
      cell: (version) => (
        <>
          <Group gap="xs">
            <Text span inherit fw={500}>
              {version.number}
            </Text>
            {version.number === current && (
              <Badge size="sm" variant="light">
                Current
              </Badge>
            )}
          </Group>
          {narrow && (
            <>
              <Text size="xs" c="dimmed">
                <Written version={version} />
              </Text>
              {shownOf(version)}
            </>
          )}
        </>
      ),
    },
    { key: 'written', header: 'Created', on: 'wide', cell: (version) => <Written version={version} /> },
    { key: 'value', header: 'Value', on: 'wide', cell: (version) => !narrow && shownOf(version) },
    {
      key: 'actions',
      header: <VisuallyHidden>Actions</VisuallyHidden>,
      width: '9.5rem',
      align: 'right',
      cell: (version) => (
        <VersionActions
          secret={secret}
          version={version}
          revealing={revealing}
          onChange={(kind) => setChange({ kind, version: version.number })}
        />
      ),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The gateway stores the values of the newest 20 versions. Each rotation destroys the values of older versions.{' '}
        {lacking(viewerAccess)}
      </Text>
      <PagedTable
        caption={`Versions of ${name}`}
        columns={columns}
        pages={pages}
        rowKey={({ number }) => String(number)}
        empty={
          <EmptyState title="No versions">
            The secret may have been deleted, or you may no longer see the secret.
          </EmptyState>
        }
      />
      <VersionDialog name={name} current={current} change={change} onClose={() => setChange(undefined)} />
    </Stack>
  );
}

function Written({ version: { createdAt, createdBy } }: { version: Version }) {
  return (
    <>
      <Time at={createdAt} />
      {createdBy && ` by ${createdBy.name}`}
    </>
  );
}

/** Names the actions of this page for which the viewer does not have access, and the access that each action needs. */
function lacking(access: WholeSecretFragment['viewerAccess']): string {
  const needed = [
    ['READ', 'revealing a value'],
    ['UPDATE', 'rolling back'],
    ['DELETE', 'destroying'],
  ] as const;
  const missing = needed.filter(([one]) => !access.includes(one)).map(([one, what]) => `${what} needs ${one}`);
  if (missing.length === 0) return '';
  return `Your access is limited: ${missing.join(', ')}.`;
}

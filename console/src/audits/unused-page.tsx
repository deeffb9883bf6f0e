import { Badge, Group, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { usePages } from '../api/queries.ts';
import { UnusedPermissions, type UnusedPermissionsQuery, type UnusedRowFragment } from '../generated/operations.ts';
import { MAX_SEARCHED_DAYS } from '../limits.ts';
import { AccessBadges } from '../parts/access.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { instantOf } from '../parts/instant.ts';
import { MomentField } from '../parts/moment-field.tsx';
import { Page } from '../parts/page.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { ReportButton } from './csv-button.tsx';
import { daysBefore, gatewayNow } from './gateway-now.ts';
import { SecretLink, SubjectLink } from './links.tsx';
import { OnlyAuditors } from './only-auditors.tsx';

const pick = ({ unusedPermissions }: UnusedPermissionsQuery) => unusedPermissions;
const DAYS = 90;

const COLUMNS: Column<UnusedRowFragment>[] = [
  {
    key: 'subject',
    header: 'Granted to',
    cell: ({ subject }) =>
      subject.__typename === 'RoleName' ? null : (
        <>
          <SubjectLink subject={subject} />
          <Text size="xs" c="dimmed">
            {subject.__typename.toLowerCase()}
          </Text>
        </>
      ),
  },
  { key: 'target', header: 'Target', cell: ({ target }) => <Target target={target} /> },
  { key: 'access', header: 'Access', cell: ({ access }) => <AccessBadges access={access} /> },
  {
    key: 'granted',
    header: 'Granted',
    on: 'wide',
    cell: ({ grantedAt, grantedBy }) => (
      <>
        <Time at={grantedAt} />
        {grantedBy && ` by ${grantedBy.name}`}
      </>
    ),
  },
  {
    key: 'until',
    header: 'Expires',
    width: '9rem',
    on: 'wide',
    cell: ({ expiresAt }) => (expiresAt === null ? 'Never' : <Time at={expiresAt} absolute />),
  },
];

export function UnusedPage() {
  const viewer = useViewer();
  return readsAll(viewer) ? <Unused /> : <OnlyAuditors title="Unused permissions" />;
}

function Unused() {
  const [state, change] = useUrlState({ since: '' });
  const [now] = useState(gatewayNow);
  const since = instantOf(state.since) || daysBefore(now, DAYS).toISOString();
  const [settled] = useDebouncedValue(since, 400);
  const variables = useMemo(() => ({ since: settled }), [settled]);
  const pages = usePages(UnusedPermissions, variables, pick);
  return (
    <Page
      title="Unused permissions"
      about="The list contains grants that existed at the chosen time and have allowed no action since. When you reduce access, review these grants first. The audit log does not record reads of environment variables. A principal may therefore still need a listed grant on a tag to read environment variables."
      actions={<ReportButton report="unused" asked={{ since }} />}
    >
      <Group>
        <MomentField
          label="Unused since"
          description={`The time must be at most ${MAX_SEARCHED_DAYS} days ago.`}
          min={daysBefore(now, MAX_SEARCHED_DAYS).toISOString()}
          max={now.toISOString()}
          value={since}
          onChange={(at) => change({ since: at })}
        />
      </Group>
      <PagedTable
        caption="Unused permissions"
        columns={COLUMNS}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No unused permissions">
            Every grant that existed at the chosen time has allowed an action since. To include newer grants, choose a
            later time.
          </EmptyState>
        }
      />
    </Page>
  );
}

function Target({ target }: { target: UnusedRowFragment['target'] }) {
  if (target.__typename === 'Tag')
    return (
      <Badge variant="default" tt="none" fw={500}>
        {target.id}
      </Badge>
    );
  if (target.__typename !== 'SecretName') return null;
  return target.secret === null ? target.name : <SecretLink secret={{ name: target.name, deletedAt: null }} />;
}

import { Alert, Anchor, Select, Stack, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconInfoCircle } from '@tabler/icons-react';
import { Link } from 'wouter';
import { AccessGraph } from '../access/access-graph.tsx';
import { Ways } from '../access/ways.tsx';
import { usePages } from '../api/queries.ts';
import {
  type Access,
  type ReachingFragment,
  type SecretAccessQuery,
  type WholeSecretFragment,
  SecretAccess as WhoReaches,
} from '../generated/operations.ts';
import { AccessBadges, everyAccess } from '../parts/access.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { NARROW } from './row-actions.tsx';

const pick = ({ accessEntries }: SecretAccessQuery) => accessEntries;

const columnsFor = (narrow: boolean): Column<ReachingFragment>[] => [
  { key: 'who', header: 'Who', width: narrow ? '8rem' : '28%', cell: ({ principal }) => <Who principal={principal} /> },
  { key: 'access', header: 'Access', width: '30%', on: 'wide', cell: ({ access }) => <AccessBadges access={access} /> },
  { key: 'how', header: 'How', cell: ({ paths }) => <Ways paths={paths} /> },
];

/** Who can do something with a secret, and by which ways; of oneself alone where one may not know of others. */
export function SecretAccess({ secret: { name, viewerAccess } }: { secret: WholeSecretFragment }) {
  const viewer = useViewer();
  const narrow = useMediaQuery(NARROW, undefined, { getInitialValueInEffect: false });
  const [{ access }, change] = useUrlState({ access: '' });
  const all = readsAll(viewer) || viewerAccess.includes('UPDATE');
  const asked = everyAccess.find((one) => one === access) ?? null;
  const pages = usePages(WhoReaches, { secret: name, access: asked, principalId: all ? null : viewer.id }, pick);
  return (
    <Stack gap="md">
      {!all && (
        <Alert color="blue" icon={<IconInfoCircle />} title="These are your own ways">
          <Text size="sm">
            Who else can reach it is told to administrators, to auditors, and to whoever has UPDATE on it.
          </Text>
        </Alert>
      )}
      <Select
        label="Whoever can"
        maw={260}
        allowDeselect={false}
        data={[{ value: '', label: 'do anything with it' }, ...everyAccess.map((one) => ({ value: one, label: one }))]}
        value={asked ?? ''}
        onChange={(next) => change({ access: (next ?? '') as Access | '' })}
      />
      <AccessGraph secret={name} reaching={pages.rows} more={pages.hasMore} />
      <PagedTable
        caption={`Who can reach ${name}`}
        columns={columnsFor(narrow)}
        pages={pages}
        rowKey={({ principal }) => principal.id}
        empty={
          <EmptyState title={all ? 'Nobody' : 'No way of yours'}>
            {asked === null
              ? 'No one can do anything with it.'
              : `${all ? 'No one has' : 'You do not have'} ${asked} on it.`}
          </EmptyState>
        }
      />
    </Stack>
  );
}

/** Name and kind; where one may see all of them, with a link. */
function Who({ principal }: { principal: ReachingFragment['principal'] }) {
  const viewer = useViewer();
  const user = principal.__typename === 'User';
  const told = user ? principal.username : undefined;
  return (
    <>
      {readsAll(viewer) ? (
        <Anchor component={Link} href={`/${user ? 'users' : 'applications'}/${principal.id}`} inherit>
          {principal.name}
        </Anchor>
      ) : (
        principal.name
      )}
      <Text size="xs" c="dimmed">
        {user ? 'User' : 'Application'}
        {told !== undefined && told !== principal.name && ` ${told}`}
      </Text>
    </>
  );
}

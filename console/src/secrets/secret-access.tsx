import { Alert, Anchor, Button, Group, Select, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconInfoCircle, IconShare } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { AccessGraph } from '../access/access-graph.tsx';
import { AccessPaths } from '../access/access-paths.tsx';
import { HiddenGroupsNote } from '../access/access-preview.tsx';
import { usePages } from '../api/queries.ts';
import {
  type Access,
  type ReachingFragment,
  type SecretAccessQuery,
  type WholeSecretFragment,
  SecretAccess as WhoReaches,
} from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { everyAccess } from '../parts/access-names.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { useNarrow } from '../parts/narrow.ts';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { AddPermissionDialog } from '../permissions/add-permission-dialog.tsx';
import { RevokeDialog, type Revoking } from '../permissions/revoke-dialog.tsx';
import { isAdmin, readsAll, useViewer } from '../session/viewer.ts';

type Path = ReachingFragment['paths'][number];

const pick = ({ accessEntries }: SecretAccessQuery) => accessEntries;

const columnsFor = (narrow: boolean, revoke: (path: Path) => ReactNode): Column<ReachingFragment>[] => [
  {
    key: 'who',
    header: 'Principal',
    width: narrow ? '8rem' : '28%',
    cell: ({ principal }) => <Who principal={principal} />,
  },
  { key: 'access', header: 'Access', width: '30%', on: 'wide', cell: ({ access }) => <AccessBadges access={access} /> },
  { key: 'how', header: 'Paths', cell: (row) => <AccessPaths paths={row.paths} action={revoke} /> },
];

/**
 * Shows who has access to a secret, and through which access paths. If the viewer may not see the access of other principals, the table
 * shows only the viewer's own access.
 */
export function SecretAccess({ secret }: { secret: WholeSecretFragment }) {
  const { name, viewerAccess } = secret;
  const viewer = useViewer();
  const narrow = useNarrow();
  const [{ access }, change] = useUrlState({ access: '' });
  const [sharing, { open: share, close: endSharing }] = useDisclosure();
  const [revoking, setRevoking] = useState<Revoking>();
  const [asksRevoke, { open: askRevoke, close: endRevoke }] = useDisclosure();
  const mayShare = isAdmin(viewer) || viewerAccess.includes('UPDATE');
  const all = readsAll(viewer) || mayShare;
  const asked = everyAccess.find((one) => one === access) ?? null;
  const pages = usePages(WhoReaches, { secret: name, access: asked, principalId: all ? null : viewer.id }, pick);
  const revokeButton = (path: Path) => {
    const found = grantOf(secret, path);
    if (found === undefined) return null;
    return (
      <Button
        variant="default"
        size="compact-xs"
        aria-label={`Revoke permission of ${found.subject.name} on ${name}`}
        onClick={() => {
          setRevoking(found);
          askRevoke();
        }}
      >
        Revoke
      </Button>
    );
  };
  return (
    <Stack gap="md" component="section" aria-label={`Who can access ${name}`}>
      {!all && (
        <Alert color="blue" icon={<IconInfoCircle />} title="You see only your own access">
          <Text size="sm">
            Administrators, auditors and users with UPDATE access to this secret can see the access of everyone.
          </Text>
        </Alert>
      )}
      <Group justify="space-between" align="flex-end">
        <Select
          label="Access"
          maw={260}
          allowDeselect={false}
          data={[{ value: '', label: 'Any access' }, ...everyAccess.map((one) => ({ value: one, label: one }))]}
          value={asked ?? ''}
          onChange={(next) => change({ access: (next ?? '') as Access | '' })}
        />
        {mayShare && (
          <Button leftSection={<IconShare size={16} aria-hidden />} onClick={share}>
            Share
          </Button>
        )}
      </Group>
      {all && !readsAll(viewer) && <HiddenGroupsNote />}
      <AccessGraph secret={name} reaching={pages.rows} more={pages.hasMore} />
      <PagedTable
        caption={`Who can access ${name}`}
        columns={columnsFor(narrow, revokeButton)}
        pages={pages}
        rowKey={({ principal }) => principal.id}
        empty={
          <EmptyState title="No access">
            {`${all ? 'Nobody has' : 'You do not have'} ${asked ?? 'access'} ${asked === null ? 'to' : 'on'} this secret.`}
          </EmptyState>
        }
      />
      <AddPermissionDialog secret={name} opened={sharing} onClose={endSharing} />
      {revoking && <RevokeDialog key={revoking.permission.id} {...revoking} opened={asksRevoke} onClose={endRevoke} />}
    </Stack>
  );
}

/**
 * Returns the grant of an access path, if the target of the grant is the secret's name and the viewer may revoke the grant. Otherwise
 * returns undefined.
 */
function grantOf({ id, name, viewerAccess }: WholeSecretFragment, { permission, tag }: Path): Revoking | undefined {
  if (permission === null || tag !== null || !permission.viewerMayRevoke) return undefined;
  const { subject } = permission;
  if (subject.__typename === 'RoleName') return undefined;
  const target = { __typename: 'SecretName' as const, name, secret: { id, viewerAccess } };
  return { subject, permission: { ...permission, target } };
}

/** Shows the name and the kind of a principal. The name is a link if the viewer may see the page of the principal. */
function Who({ principal }: { principal: ReachingFragment['principal'] }) {
  const viewer = useViewer();
  const user = principal.__typename === 'User';
  const username = user ? principal.username : undefined;
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
        {username !== undefined && username !== principal.name && ` ${username}`}
      </Text>
    </>
  );
}

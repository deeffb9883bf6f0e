import { Badge, Box, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Subject, SubjectKind } from '../access/subjects.ts';
import { usePages } from '../api/queries.ts';
import {
  type PermissionRowFragment,
  SubjectPermissions,
  type SubjectPermissionsQuery,
} from '../generated/operations.ts';
import { AccessBadges } from '../parts/access.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { type Column, PagedTable } from '../parts/paged-table.tsx';
import { Time } from '../parts/time.tsx';
import { AddPermissionDialog } from './add-permission-dialog.tsx';
import { useMayGrant } from './may-grant.ts';
import { PermissionTarget } from './permission-target.tsx';
import { RevokeDialog } from './revoke-dialog.tsx';
import { targetName } from './target.ts';

export interface PermissionSubject extends Subject {
  kind: SubjectKind;
}

const pick = ({ permissions }: SubjectPermissionsQuery) => permissions;

const WHAT: Record<SubjectKind, string> = {
  group: 'every member of the group has this access',
  application: 'the application has this access with each of its access keys',
  user: 'the user has this access in addition to the access of the user’s groups',
};

/** Lists the permissions of a user, a group or an application, with buttons to grant and revoke permissions. */
export function PermissionsPanel({ subject }: { subject: PermissionSubject }) {
  const mayGrant = useMayGrant();
  const [adding, setAdding] = useState(false);
  const [revoking, setRevoking] = useState<PermissionRowFragment>();
  const [open, setOpen] = useState(false);
  const variables = useMemo(() => ({ subjectId: subject.id, target: null }), [subject.id]);
  const pages = usePages(SubjectPermissions, variables, pick);
  const add = mayGrant && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      Add permission
    </Button>
  );
  const columns = columnsFor((permission) => {
    setRevoking(permission);
    setOpen(true);
  });

  return (
    <Stack component="section" aria-labelledby="permissions">
      <Group justify="space-between" align="flex-start">
        <Title order={2} size="h4" id="permissions">
          Workflow and Task Permissions
        </Title>
        {add}
      </Group>
      <PagedTable
        caption={`Permissions of ${subject.name}`}
        columns={columns}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState title="No permissions yet">
            A permission gives access to a secret, or to every secret with a certain tag. With a permission,{' '}
            {WHAT[subject.kind]}.
            {mayGrant
              ? ' Before you add a permission, the dialog shows to which secrets the new permission would give access.'
              : ' Administrators can add permissions. Users with UPDATE access to a secret can share the secret.'}
          </EmptyState>
        }
      />
      <AddPermissionDialog subject={subject} opened={adding} onClose={() => setAdding(false)} />
      {revoking && (
        <RevokeDialog
          key={revoking.id}
          subject={subject}
          permission={revoking}
          opened={open}
          onClose={() => setOpen(false)}
        />
      )}
    </Stack>
  );
}

function columnsFor(onRevoke: (permission: PermissionRowFragment) => void): Column<PermissionRowFragment>[] {
  return [
    { key: 'target', header: 'Target', cell: (permission) => <PermissionTarget permission={permission} /> },
    {
      key: 'access',
      header: 'Access',
      cell: ({ access, expiresAt }) => (
        <>
          <AccessBadges access={access} />
          {expiresAt !== null && (
            <Box hiddenFrom="sm" mt={4}>
              <End at={expiresAt} />
            </Box>
          )}
        </>
      ),
    },
    {
      key: 'end',
      header: 'Expires',
      width: '11rem',
      on: 'wide',
      cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <End at={expiresAt} />),
    },
    {
      key: 'granted',
      header: 'Granted',
      width: '14rem',
      on: 'wide',
      cell: ({ grantedAt, grantedBy }) => (
        <Text size="sm">
          <Time at={grantedAt} />
          {grantedBy && ` by ${grantedBy.name}`}
        </Text>
      ),
    },
    {
      key: 'actions',
      header: 'Revoke',
      width: '6.5rem',
      align: 'right',
      cell: (permission) =>
        permission.viewerMayRevoke && (
          <Button
            variant="default"
            size="compact-sm"
            aria-label={`Revoke ${targetName(permission)}`}
            onClick={() => onRevoke(permission)}
          >
            Revoke
          </Button>
        ),
    },
  ];
}

/** Shows the expiry time of a permission. If the permission has expired, a badge says so. */
function End({ at }: { at: string }) {
  const over = new Date(at) <= new Date();
  return (
    <Group gap={6}>
      {over && (
        <Badge color="red" variant="light" size="sm">
          Expired
        </Badge>
      )}
      <Text size="sm" span>
        <Time at={at} />
      </Text>
    </Group>
  );
}

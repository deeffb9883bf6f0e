import { Button, Tabs } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAsk } from '../api/queries.ts';
import { ApplicationById } from '../generated/operations.ts';
import { MembershipsPanel } from '../groups/memberships-panel.tsx';
import { Absent } from '../parts/absent.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { PermissionsPanel } from '../permissions/permissions-panel.tsx';
import { useViewer } from '../session/viewer.ts';
import { AccessKeysPanel } from './access-keys-panel.tsx';
import { manages } from './application.ts';
import { DeleteApplicationDialog, EditApplicationDialog } from './application-dialogs.tsx';

export function ApplicationPage() {
  const { id } = useParams<{ id: string }>();
  const [, go] = useLocation();
  const viewer = useViewer();
  const [{ tab }, change] = useUrlState({ tab: 'keys' });
  const [asks, setAsks] = useState<'edit' | 'delete'>();
  const { data, isPending, error, refetch } = useAsk(ApplicationById, { id });
  const application = data?.application ?? undefined;
  if (application === undefined)
    return (
      <Absent
        kind="Application"
        list="/applications"
        loading={isPending}
        problem={error}
        onRetry={() => void refetch()}
      />
    );
  const { name, description, roles, groups, createdAt, createdBy } = application;
  const mine = manages(viewer, application);
  const close = () => setAsks(undefined);
  return (
    <Page
      title={name}
      about={description ?? undefined}
      actions={
        mine && (
          <>
            <Button
              variant="default"
              leftSection={<IconPencil size={16} aria-hidden />}
              onClick={() => setAsks('edit')}
            >
              Edit
            </Button>
            <Button
              variant="default"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setAsks('delete')}
            >
              Delete
            </Button>
          </>
        )
      }
    >
      <Facts
        facts={{
          Roles: <RoleBadges roles={roles} />,
          Created: (
            <>
              <Time at={createdAt} absolute />
              {createdBy && ` by ${createdBy.name}`}
            </>
          ),
          Id: id,
        }}
      />
      <Tabs value={tab} onChange={(next) => change({ tab: next ?? 'keys' })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="keys">Access keys</Tabs.Tab>
          <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
          <Tabs.Tab value="groups">Groups</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="keys">
          <AccessKeysPanel application={application} mayChange={mine} />
        </Tabs.Panel>
        <Tabs.Panel value="permissions">
          <PermissionsPanel subject={{ id, name, kind: 'application' }} />
        </Tabs.Panel>
        <Tabs.Panel value="groups">
          <MembershipsPanel principal={application} groups={groups} readOnly={roles.includes('USER_READ_ONLY')} />
        </Tabs.Panel>
      </Tabs>
      <EditApplicationDialog application={application} opened={asks === 'edit'} onClose={close} />
      <DeleteApplicationDialog
        application={application}
        opened={asks === 'delete'}
        onClose={close}
        onDone={() => go('/applications')}
      />
    </Page>
  );
}

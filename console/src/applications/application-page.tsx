import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAsk } from '../api/queries.ts';
import { ApplicationById } from '../generated/operations.ts';
import { MembershipsPanel } from '../groups/memberships-panel.tsx';
import { Absent } from '../parts/absent.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { PageAction } from '../parts/page-action.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { Time } from '../parts/time.tsx';
import { UrlTabs } from '../parts/url-tabs.tsx';
import { PermissionsPanel } from '../permissions/permissions-panel.tsx';
import { useViewer } from '../session/viewer.ts';
import { AccessKeysPanel } from './access-keys-panel.tsx';
import { manages } from './application.ts';
import { DeleteApplicationDialog, EditApplicationDialog } from './application-dialogs.tsx';

export function ApplicationPage() {
  const { id } = useParams<{ id: string }>();
  const [, go] = useLocation();
  const viewer = useViewer();
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
            <PageAction icon={IconPencil} label="Edit" onClick={() => setAsks('edit')} />
            <PageAction icon={IconTrash} label="Delete" onClick={() => setAsks('delete')} />
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
          ID: id,
        }}
      />
      <UrlTabs
        label={`Details of ${name}`}
        tabs={{
          keys: { name: 'Access keys', panel: <AccessKeysPanel application={application} mayChange={mine} /> },
          permissions: { name: 'Permissions', panel: <PermissionsPanel subject={{ id, name, kind: 'application' }} /> },
          groups: {
            name: 'Groups',
            panel: (
              <MembershipsPanel principal={application} groups={groups} readOnly={roles.includes('USER_READ_ONLY')} />
            ),
          },
        }}
      />
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

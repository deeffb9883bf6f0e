import { IconLock, IconPencil, IconTrash, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAsk, useChange } from '../api/queries.ts';
import { UpdateUser, UserById } from '../generated/operations.ts';
import { MembershipsPanel } from '../groups/memberships-panel.tsx';
import { Absent } from '../parts/absent.tsx';
import { Facts } from '../parts/facts.tsx';
import { notify } from '../parts/notify.tsx';
import { Page } from '../parts/page.tsx';
import { PageAction } from '../parts/page-action.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { Time } from '../parts/time.tsx';
import { UrlTabs } from '../parts/url-tabs.tsx';
import { PermissionsPanel } from '../permissions/permissions-panel.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { EditUserDialog } from './edit-user-dialog.tsx';
import { PasswordDialog } from './password-dialog.tsx';
import { DeactivateUserDialog, DeleteUserDialog } from './stop-user-dialogs.tsx';
import { UserState } from './user-state.tsx';

export function UserPage() {
  const { id } = useParams<{ id: string }>();
  const [, go] = useLocation();
  const viewer = useViewer();
  const [asks, setAsks] = useState<'edit' | 'password' | 'deactivate' | 'delete'>();
  const { data, isPending, error, refetch } = useAsk(UserById, { id });
  const activate = useChange(UpdateUser, { filledIn: false, onDone: () => notify('The user is active.') });
  const user = data?.node?.__typename === 'User' ? data.node : undefined;
  if (user === undefined)
    return <Absent kind="User" list="/users" loading={isPending} problem={error} onRetry={() => void refetch()} />;
  const { username, name, email, active, roles, groups, createdAt } = user;
  const close = () => setAsks(undefined);
  return (
    <Page
      title={name}
      about={user.id === viewer.id ? 'You see your own user.' : undefined}
      actions={
        isAdmin(viewer) && (
          <>
            <PageAction icon={IconPencil} label="Edit" onClick={() => setAsks('edit')} />
            <PageAction icon={IconLock} label="Set password" onClick={() => setAsks('password')} />
            {active ? (
              <PageAction icon={IconUserOff} label="Deactivate" onClick={() => setAsks('deactivate')} />
            ) : (
              <PageAction
                icon={IconUserCheck}
                label="Activate"
                busy={activate.isPending}
                onClick={() => activate.mutate({ input: { id, active: true } })}
              />
            )}
            <PageAction icon={IconTrash} label="Delete" onClick={() => setAsks('delete')} />
          </>
        )
      }
    >
      <ProblemAlert problem={activate.error} />
      <Facts
        facts={{
          Username: username,
          Email: email ?? 'none',
          State: <UserState active={active} />,
          Roles: <RoleBadges roles={roles} />,
          Created: <Time at={createdAt} absolute />,
          ID: id,
        }}
      />
      <UrlTabs
        label={`Details of ${name}`}
        tabs={{
          permissions: { name: 'Permissions', panel: <PermissionsPanel subject={{ id, name, kind: 'user' }} /> },
          groups: {
            name: 'Groups',
            panel: <MembershipsPanel principal={user} groups={groups} readOnly={roles.includes('USER_READ_ONLY')} />,
          },
        }}
      />
      <EditUserDialog user={user} opened={asks === 'edit'} onClose={close} />
      <PasswordDialog user={user} opened={asks === 'password'} onClose={close} />
      <DeactivateUserDialog user={user} opened={asks === 'deactivate'} onClose={close} />
      <DeleteUserDialog user={user} opened={asks === 'delete'} onClose={close} onDone={() => go('/users')} />
    </Page>
  );
}

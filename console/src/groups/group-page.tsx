import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAsk } from '../api/queries.ts';
import { GroupById } from '../generated/operations.ts';
import { Absent } from '../parts/absent.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { PageAction } from '../parts/page-action.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { Time } from '../parts/time.tsx';
import { UrlTabs } from '../parts/url-tabs.tsx';
import { PermissionsPanel } from '../permissions/permissions-panel.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { DeleteGroupDialog, EditGroupDialog } from './group-dialogs.tsx';
import { MembersPanel } from './members-panel.tsx';

export function GroupPage() {
  const { id } = useParams<{ id: string }>();
  const [, go] = useLocation();
  const viewer = useViewer();
  const [asks, setAsks] = useState<'edit' | 'delete'>();
  const { data, isPending, error, refetch } = useAsk(GroupById, { id });
  const group = data?.node?.__typename === 'Group' ? data.node : undefined;
  if (group === undefined)
    return <Absent kind="Group" list="/groups" loading={isPending} problem={error} onRetry={() => void refetch()} />;
  const close = () => setAsks(undefined);
  return (
    <Page
      title={group.name}
      about={group.description ?? undefined}
      actions={
        isAdmin(viewer) && (
          <>
            <PageAction icon={IconPencil} label="Edit" onClick={() => setAsks('edit')} />
            <PageAction icon={IconTrash} label="Delete" onClick={() => setAsks('delete')} />
          </>
        )
      }
    >
      <Facts
        facts={{
          'Roles of every member': <RoleBadges roles={group.roles} />,
          Created: <Time at={group.createdAt} absolute />,
          ID: group.id,
        }}
      />
      <UrlTabs
        label={`Details of ${group.name}`}
        tabs={{
          members: { name: 'Members', panel: <MembersPanel group={group} /> },
          permissions: {
            name: 'Permissions',
            panel: <PermissionsPanel subject={{ id, name: group.name, kind: 'group' }} />,
          },
        }}
      />
      <EditGroupDialog group={group} opened={asks === 'edit'} onClose={close} />
      <DeleteGroupDialog group={group} opened={asks === 'delete'} onClose={close} onDone={() => go('/groups')} />
    </Page>
  );
}

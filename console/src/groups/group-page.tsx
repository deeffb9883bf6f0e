import { Button, Tabs } from '@mantine/core';
import { IconPencil, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { useAsk } from '../api/queries.ts';
import { GroupById } from '../generated/operations.ts';
import { Absent } from '../parts/absent.tsx';
import { Facts } from '../parts/facts.tsx';
import { Page } from '../parts/page.tsx';
import { RoleBadges } from '../parts/roles.tsx';
import { Time } from '../parts/time.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { PermissionsPanel } from '../permissions/permissions-panel.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { DeleteGroupDialog, EditGroupDialog } from './group-dialogs.tsx';
import { MembersPanel } from './members-panel.tsx';

export function GroupPage() {
  const { id } = useParams<{ id: string }>();
  const [, go] = useLocation();
  const viewer = useViewer();
  const [{ tab }, change] = useUrlState({ tab: 'members' });
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
          'Roles of every member': <RoleBadges roles={group.roles} />,
          Created: <Time at={group.createdAt} absolute />,
          Id: group.id,
        }}
      />
      <Tabs value={tab} onChange={(next) => change({ tab: next ?? 'members' })} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="members">Members</Tabs.Tab>
          <Tabs.Tab value="permissions">Permissions</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="members">
          <MembersPanel group={group} />
        </Tabs.Panel>
        <Tabs.Panel value="permissions">
          <PermissionsPanel subject={{ id, name: group.name, kind: 'group' }} />
        </Tabs.Panel>
      </Tabs>
      <EditGroupDialog group={group} opened={asks === 'edit'} onClose={close} />
      <DeleteGroupDialog group={group} opened={asks === 'delete'} onClose={close} onDone={() => go('/groups')} />
    </Page>
  );
}

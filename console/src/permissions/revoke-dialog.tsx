import { Text } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import type { Subject } from '../access/subjects.ts';
import { useAsk, useChange } from '../api/queries.ts';
import {
  type Access,
  type PermissionRowFragment,
  RevokePermission,
  SubjectPermissions,
} from '../generated/operations.ts';
import { AccessPicks } from '../parts/access.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { targetAgain, targetName } from './target.ts';

export interface Revoking {
  subject: Subject;
  permission: Pick<PermissionRowFragment, 'id' | 'target' | 'access' | 'expiresAt'>;
}

/** Takes all of a permission or some of it, after showing what that will take. */
export function RevokeDialog({
  subject,
  permission,
  opened,
  onClose,
}: Revoking & { opened: boolean; onClose: () => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Revoke what ${subject.name} has on ${targetName(permission)}`}>
      <RevokeForm subject={subject} permission={permission} onClose={onClose} />
    </Dialog>
  );
}

function RevokeForm({ subject, permission, onClose }: Revoking & { onClose: () => void }) {
  const viewer = useViewer();
  const { target, expiresAt } = permission;
  const held = target.__typename === 'SecretName' ? (target.secret?.viewerAccess ?? []) : [];
  const mayTake = (one: Access) => isAdmin(viewer) || held.includes(one);
  const [access, setAccess] = useState<Access[]>(() => permission.access.filter(mayTake));
  const [checked, setChecked] = useState(false);
  const revoke = useChange(RevokePermission, {
    restarts: ['SubjectPermissions', 'SecretAccess'],
    onDone: () => {
      notify(`${access.join(', ')} on ${targetName(permission)} was taken from ${subject.name}.`);
      onClose();
    },
  });
  const input = { subjectId: subject.id, target: targetAgain(permission), access, expiresAt };
  const others = useOthers({ subject, permission });
  const changes = access.length > 0 && target.__typename !== 'Resource' ? [{ revoke: input }] : [];
  const { seen, onShown } = useSeen(changes);

  return (
    <DialogForm
      submit="Revoke"
      dangerous
      busy={revoke.isPending}
      waits={changes.length > 0 && !seen}
      entered={false}
      problem={revoke.error}
      onSubmit={() => {
        setChecked(true);
        if (access.length > 0) revoke.mutate({ input });
      }}
      onCancel={onClose}
    >
      <AccessPicks
        label="What to take"
        among={permission.access}
        value={access}
        onChange={setAccess}
        refusal={(one) => (mayTake(one) ? undefined : 'You do not have it yourself')}
        error={checked && access.length === 0 ? 'Choose what to take.' : undefined}
      />
      {others > 0 && (
        <Text size="sm">
          {subject.name} has {others === 1 ? 'another permission' : `${others} other permissions`} on it, with an end:
          it is taken from {others === 1 ? 'that one' : 'those'} as well.
        </Text>
      )}
      {target.__typename === 'Resource' ? (
        <Text size="sm" c="dimmed">
          Workflow engines ask about this one; nobody gains or loses access to a secret.
        </Text>
      ) : (
        <AccessPreview changes={changes} onShown={onShown} />
      )}
    </DialogForm>
  );
}

/** How many other permissions a revocation takes from: one of a permission without an end takes from those with any end. */
function useOthers({ subject, permission }: Revoking): number {
  const { data } = useAsk(
    SubjectPermissions,
    { subjectId: subject.id, target: targetAgain(permission), first: 20, after: null },
    { enabled: permission.expiresAt === null },
  );
  return data?.permissions.nodes.filter(({ id }) => id !== permission.id).length ?? 0;
}

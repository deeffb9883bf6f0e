import { Text } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../api/queries.ts';
import { DeleteUser, UpdateUser, type UserRowFragment } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { LossPreview } from '../permissions/loss-preview.tsx';
import { useViewer } from '../session/viewer.ts';

interface Stopping {
  user: UserRowFragment & { groups: readonly { id: string }[] };
  opened: boolean;
  onClose: () => void;
}

export function DeactivateUserDialog({ user, opened, onClose }: Stopping) {
  const [seen, setSeen] = useState(false);
  const update = useChange(UpdateUser, {
    onDone: () => {
      notify(`Deactivated ${user.username}.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Deactivate ${user.username}?`}
      confirm="Deactivate"
      change={update}
      waits={!seen}
      onConfirm={() => update.mutate({ input: { id: user.id, active: false } })}
      onClose={onClose}
    >
      <Text size="sm">
        The user can no longer sign in, and immediately loses all access. The gateway refuses all present tokens of the
        user. If you activate the user later, the user can sign in again and has the same permissions as before. The old
        tokens stay invalid.
      </Text>
      <SelfWarning id={user.id} />
      {opened && <LossPreview subject={user} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

export function DeleteUserDialog({ user, opened, onClose, onDone }: Stopping & { onDone: () => void }) {
  const [seen, setSeen] = useState(false);
  const remove = useChange(DeleteUser, {
    drops: () => [user.id],
    onDone: () => {
      notify(`Deleted the user ${user.username}.`);
      onDone();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Delete ${user.username}?`}
      confirm="Delete"
      change={remove}
      waits={!seen}
      onConfirm={() => remove.mutate({ id: user.id })}
      onClose={onClose}
    >
      <Text size="sm">
        The gateway also deletes the group memberships, roles and permissions of the user. You cannot undo the deletion.
        To block a user temporarily, deactivate the user instead. The gateway does not delete secrets that the user
        created.
      </Text>
      <SelfWarning id={user.id} />
      {opened && <LossPreview subject={user} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

function SelfWarning({ id }: { id: string }) {
  return (
    useViewer().id === id && (
      <Text size="sm" fw={600}>
        You have chosen your own user. The gateway immediately signs you out.
      </Text>
    )
  );
}

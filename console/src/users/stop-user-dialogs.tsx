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
      notify(`${user.username} is not active any more.`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Deactivate ${user.username}?`}
      confirm="Deactivate"
      busy={update.isPending}
      waits={!seen}
      problem={update.error}
      onConfirm={() => update.mutate({ input: { id: user.id, active: false } })}
      onClose={() => {
        update.reset();
        onClose();
      }}
    >
      <Text size="sm">
        Sign-in, tokens and permissions stop at once, and come back when the user is activated again. Tokens from before
        stay refused.
      </Text>
      <Oneself id={user.id} />
      {opened && <LossPreview subject={user} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

export function DeleteUserDialog({ user, opened, onClose, onDone }: Stopping & { onDone: () => void }) {
  const [seen, setSeen] = useState(false);
  const remove = useChange(DeleteUser, {
    drops: () => [user.id],
    onDone: () => {
      notify(`The user ${user.username} was deleted.`);
      onDone();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Delete ${user.username}?`}
      confirm="Delete"
      busy={remove.isPending}
      waits={!seen}
      problem={remove.error}
      onConfirm={() => remove.mutate({ id: user.id })}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      <Text size="sm">
        With the user go their memberships, roles and permissions. It cannot be brought back: to stop somebody for a
        while, deactivate them. The secrets that they made stay.
      </Text>
      <Oneself id={user.id} />
      {opened && <LossPreview subject={user} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

function Oneself({ id }: { id: string }) {
  return (
    useViewer().id === id && (
      <Text size="sm" fw={600}>
        This is you: you are signed out at once.
      </Text>
    )
  );
}

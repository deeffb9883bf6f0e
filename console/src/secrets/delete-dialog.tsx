import { Text } from '@mantine/core';
import { useChange } from '../api/queries.ts';
import { DeleteSecret } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { useRestore } from './restore.ts';

/** Deletes a secret after a confirmation. The notification afterwards has a button that undoes the deletion. */
export function DeleteDialog({
  secret: { id, name },
  opened,
  onClose,
  onDeleted,
  onRestored,
}: {
  secret: { id: string; name: string };
  opened: boolean;
  onClose: () => void;
  onDeleted?: () => void;
  /** Called after Undo has restored the secret. */
  onRestored?: () => void;
}) {
  const restore = useRestore();
  const deletion = useChange(DeleteSecret, {
    drops: () => [id],
    restarts: ['DeletedSecrets'],
    onDone() {
      onClose();
      const undo = async () => {
        if (await restore({ id, name })) onRestored?.();
      };
      notify(`Deleted ${name}.`, { label: 'Undo', run: () => void undo() });
      onDeleted?.();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Delete ${name}?`}
      confirm="Delete"
      change={deletion}
      onConfirm={() => deletion.mutate({ name })}
      onClose={onClose}
    >
      <Text size="sm">
        After the deletion, nobody can reveal the value, and workflows that refer to the secret fail. The secret can be
        restored unchanged for 30 days.
      </Text>
    </ConfirmDialog>
  );
}

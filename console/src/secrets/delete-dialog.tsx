import { Text } from '@mantine/core';
import { useChange } from '../api/queries.ts';
import { DeleteSecret } from '../generated/operations.ts';
import { RESTORABLE_DAYS } from '../limits.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { useRestore } from './restore.ts';

/** Dialog that asks for a confirmation and then deletes a secret. After the deletion, a notification shows an Undo button. */
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
  /** The dialog calls `onRestored` after the Undo button has restored the secret. */
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
        After the deletion, nobody can reveal the value, and workflows that use the secret fail. For {RESTORABLE_DAYS}{' '}
        days, you can restore the secret without changes.
      </Text>
    </ConfirmDialog>
  );
}

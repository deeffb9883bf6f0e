import { Text } from '@mantine/core';
import { useChange } from '../api/queries.ts';
import { DeleteAccessKey } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';

export function DeleteKeyDialog({ keyId, opened, onClose }: { keyId: string; opened: boolean; onClose: () => void }) {
  const remove = useChange(DeleteAccessKey, {
    onDone: () => {
      notify('Deleted the access key.');
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title="Delete this access key?"
      confirm="Delete"
      change={remove}
      onConfirm={() => remove.mutate({ keyId })}
      onClose={onClose}
    >
      <Text size="sm">
        The gateway immediately refuses sign-ins with {keyId} and all its tokens. You cannot undo this. To stop a key
        temporarily, deactivate it.
      </Text>
    </ConfirmDialog>
  );
}

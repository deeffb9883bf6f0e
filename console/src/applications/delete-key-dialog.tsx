import { Text } from '@mantine/core';
import { useChange } from '../api/queries.ts';
import { DeleteAccessKey } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';

export function DeleteKeyDialog({ keyId, opened, onClose }: { keyId: string; opened: boolean; onClose: () => void }) {
  const remove = useChange(DeleteAccessKey, {
    onDone: () => {
      notify('The access key is deleted.');
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
        The gateway immediately refuses sign-ins with {keyId} and all its tokens. You cannot undo the deletion. To block
        an access key temporarily, deactivate the access key instead.
      </Text>
    </ConfirmDialog>
  );
}

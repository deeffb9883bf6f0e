import { Text } from '@mantine/core';
import { useChange } from '../api/queries.ts';
import { DeleteAccessKey } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';

export function DeleteKeyDialog({ keyId, opened, onClose }: { keyId: string; opened: boolean; onClose: () => void }) {
  const remove = useChange(DeleteAccessKey, {
    onDone: () => {
      notify('The key was deleted.');
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title="Delete this access key?"
      confirm="Delete"
      busy={remove.isPending}
      problem={remove.error}
      onConfirm={() => remove.mutate({ keyId })}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      <Text size="sm">
        What signs in with {keyId} is refused at once, and so are its tokens. It cannot be brought back: to stop it for
        a while, deactivate it.
      </Text>
    </ConfirmDialog>
  );
}

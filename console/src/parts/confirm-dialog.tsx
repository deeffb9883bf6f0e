import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Change } from '../api/queries.ts';
import { WarningPlace } from '../session/warning-place.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/** Dialog that asks the user to confirm an action that is hard to undo. If the action fails, the dialog stays open and shows the error. */
export function ConfirmDialog({
  opened,
  title,
  children,
  confirm,
  change,
  waits = false,
  onConfirm,
  onClose,
}: {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** Label of the button that confirms the action. */
  confirm: string;
  /** The mutation that the confirm button runs. When the dialog closes, the dialog clears the error of the mutation. */
  change: Change;
  /** While `waits` is true, the confirm button is disabled, because a preview is not visible yet. */
  waits?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}) {
  const close = () => {
    change.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        {children}
        <ProblemAlert problem={change.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={change.isPending} disabled={waits} onClick={onConfirm}>
            {confirm}
          </Button>
        </Group>
      </Stack>
      <WarningPlace />
    </Modal>
  );
}

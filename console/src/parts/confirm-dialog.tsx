import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { WarningPlace } from '../session/warning-place.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/** Asks for confirmation of an action that is hard to undo. After a failure it stays open and shows the error. */
export function ConfirmDialog({
  opened,
  title,
  children,
  confirm,
  busy,
  waits = false,
  problem,
  onConfirm,
  onClose,
}: {
  opened: boolean;
  title: string;
  children: ReactNode;
  /** Label of the button that confirms. */
  confirm: string;
  busy: boolean;
  /** Disables the button until a preview is visible. */
  waits?: boolean;
  problem: unknown;
  onConfirm: () => void;
  onClose: () => void;
}) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        {children}
        <ProblemAlert problem={problem} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={busy} disabled={waits} onClick={onConfirm}>
            {confirm}
          </Button>
        </Group>
      </Stack>
      <WarningPlace />
    </Modal>
  );
}

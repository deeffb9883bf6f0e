import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { WarningPlace } from '../session/warning-place.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/** Asks before something is done that is not easily undone. It stays open, with what went wrong, where it fails. */
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
  /** What the button says that does it. */
  confirm: string;
  busy: boolean;
  /** For what has to be seen before. */
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

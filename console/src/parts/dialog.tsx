import { Button, Group, Modal, type ModalProps, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { FormEvent, ReactNode } from 'react';
import type { Words } from '../api/problem.ts';
import { WarningPlace } from '../session/warning-place.tsx';
import { useAskedClose, useEntered } from './entered.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/**
 * A dialog, which fills the screen on a phone. The dialog asks for a confirmation before it discards input. `deliberate`: only the buttons
 * of the dialog close the dialog.
 */
export function Dialog({
  opened,
  onClose,
  title,
  size = 'lg',
  deliberate = false,
  children,
}: {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: NonNullable<ModalProps['size']>;
  deliberate?: boolean;
  children: ReactNode;
}) {
  const phone = useMediaQuery('(max-width: 40em)') ?? false;
  const { close, within } = useAskedClose(onClose);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      size={size}
      fullScreen={phone}
      withCloseButton={!deliberate}
      closeOnClickOutside={false}
      closeOnEscape={!deliberate}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {within(children)}
      <WarningPlace />
    </Modal>
  );
}

/**
 * The form of a dialog. After a failure the form keeps its input and shows the error. While `waits` is true, the form cannot be submitted,
 * because a preview is not visible yet.
 */
export function DialogForm({
  submit,
  busy,
  waits = false,
  dangerous = false,
  entered,
  problem,
  words,
  onSubmit,
  onCancel,
  children,
}: {
  /** Label of the submit button. */
  submit: string;
  busy: boolean;
  waits?: boolean;
  /** True for an action that removes an object. The button of such an action is red, and the Cancel button has the initial focus. */
  dangerous?: boolean;
  /** Whether the form has input that closing the dialog would discard. */
  entered: boolean;
  problem: unknown;
  words?: Record<string, Words>;
  onSubmit: () => void;
  onCancel: () => void;
  children: ReactNode;
}) {
  useEntered(entered);
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && !waits) onSubmit();
  };
  return (
    <form onSubmit={send}>
      <Stack>
        {children}
        <ProblemAlert problem={problem} {...(words && { words })} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onCancel} disabled={busy} {...(dangerous && { 'data-autofocus': true })}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={waits} {...(dangerous && { color: 'red' })}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Button, Group, Modal, type ModalProps, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { FormEvent, ReactNode } from 'react';
import type { Words } from '../api/problem.ts';
import { WarningPlace } from '../session/warning-place.tsx';
import { useAskedClose, useEntered } from './entered.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/**
 * A dialog. On a phone, the dialog fills the screen. If the user has entered something, the dialog asks for a confirmation before it
 * closes. If `deliberate` is true, the user can close the dialog only with its buttons.
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
 * A form in a dialog. If the mutation fails, the form keeps its input and shows the error. While `waits` is true, the user cannot submit
 * the form, because a preview is not visible yet.
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
  /** True if the form removes something. The submit button is then red, and the Cancel button has the focus when the dialog opens. */
  dangerous?: boolean;
  /** True if the form contains input that the user would lose when the dialog closes. */
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

import { Button, Group, Modal, type ModalProps, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { FormEvent, ReactNode } from 'react';
import type { Words } from '../api/problem.ts';
import { WarningPlace } from '../session/warning-place.tsx';
import { useAskedClose, useEntered } from './entered.tsx';
import { ProblemAlert } from './problem-alert.tsx';

/**
 * A dialog that is the whole screen of a phone. It asks before what was entered in it is thrown away. `deliberate`: it closes only by what stands
 * in it.
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
 * What stands in a dialog to be filled in. It stays, with all that was entered and what went wrong, where it fails. It cannot be sent while
 * `waits`: for what has to be seen before.
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
  /** What the button says that does it. */
  submit: string;
  busy: boolean;
  waits?: boolean;
  /** It takes something away: its button is red, and one begins at Cancel. */
  dangerous?: boolean;
  /** Whether there is something to throw away. */
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

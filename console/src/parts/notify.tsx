import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { session } from '../session/session.ts';

/** Tells that something was done; with `undo`, one can take it back while it shows. Nothing once nobody is signed in any more. */
export function notify(message: string, undo?: () => void): void {
  if (session.current() === undefined) return;
  const id = notifications.show({
    message:
      undo === undefined ? (
        message
      ) : (
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm">{message}</Text>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            Undo
          </Button>
        </Group>
      ),
    autoClose: undo === undefined ? 5_000 : 15_000,
    withBorder: true,
    role: 'status',
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}

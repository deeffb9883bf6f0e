import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { session } from '../session/session.ts';

/** Shows a notification. `next` adds a button to the notification, for example Undo. If no user is signed in, the function does nothing. */
export function notify(message: string, next?: { label: string; run: () => void }): void {
  if (session.current() === undefined) return;
  const id = notifications.show({
    message:
      next === undefined ? (
        message
      ) : (
        <Group justify="space-between" wrap="nowrap">
          <Text size="sm">{message}</Text>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              notifications.hide(id);
              next.run();
            }}
          >
            {next.label}
          </Button>
        </Group>
      ),
    autoClose: next === undefined ? 5_000 : 15_000,
    withBorder: true,
    role: 'status',
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}

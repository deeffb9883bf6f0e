import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { ShownOnce } from '../parts/shown-once.tsx';

/** Shows a generated password until the user confirms that the password is saved. */
export function PasswordOnce({
  username,
  password,
  onDone,
}: {
  username: string;
  password: string;
  onDone: () => void;
}) {
  return (
    <Stack>
      <Alert color="yellow" title="The console shows this password only once">
        <Text size="sm">
          Send the password to {username} through a private channel. If the password is lost, set a new password.
        </Text>
      </Alert>
      <ShownOnce label="Username" text={username} />
      <ShownOnce label="Password" text={password} />
      <Group justify="flex-end">
        <Button onClick={onDone}>I've saved it</Button>
      </Group>
    </Stack>
  );
}

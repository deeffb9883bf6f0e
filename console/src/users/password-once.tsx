import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { Keepsake } from '../parts/shown-once.tsx';

/** A generated password, until somebody says that they have it. */
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
      <Alert color="yellow" title="The password is not shown again">
        <Text size="sm">Give it to {username} in a way that nobody else reads. Lost? Set a new one.</Text>
      </Alert>
      <Keepsake label="Username" text={username} />
      <Keepsake label="Password" text={password} />
      <Group justify="flex-end">
        <Button onClick={onDone}>I have kept it</Button>
      </Group>
    </Stack>
  );
}

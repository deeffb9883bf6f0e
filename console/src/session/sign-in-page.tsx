import { Center, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import key from '../shell/key.svg';
import { SignInForm } from './sign-in-form.tsx';

export function SignInPage() {
  useEffect(() => {
    document.title = 'Sign in · Secrets gateway';
  }, []);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper withBorder shadow="sm" p="xl" w="100%" maw={400}>
        <Stack>
          <Group gap="sm">
            <img src={key} width={32} height={32} alt="" />
            <Title order={1} size="h3">
              Secrets gateway
            </Title>
          </Group>
          <Text c="dimmed" size="sm">
            The audit log records every reveal of a value.
          </Text>
          <SignInForm />
        </Stack>
      </Paper>
    </Center>
  );
}

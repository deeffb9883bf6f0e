import { Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** Message in place of an empty list or page. The message says what is missing, and what the user can do. */
export function EmptyState({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md" ta="center" maw={560} mx="auto">
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text c="dimmed" size="sm" component="div">
        {children}
      </Text>
      {action}
    </Stack>
  );
}

import { Group, Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { CopyButton } from '../parts/copy-button.tsx';
import classes from './secret-page.module.css';
import { type Snippet, snippetsFor } from './snippets.ts';

/** Shows code examples that use the secret in workflows and programs. Each code example has a copy button. */
export function SecretUsage({ name }: { name: string }) {
  const { workflow, programs, token } = snippetsFor(name, location.origin);
  return (
    <Stack gap="lg">
      <Section title="In a workflow" snippets={workflow} columns={2} />
      <Section title="In a program" snippets={programs} />
      <Section title="How to get a token" snippets={token} />
    </Stack>
  );
}

function Section({ title, snippets, columns = 1 }: { title: string; snippets: readonly Snippet[]; columns?: number }) {
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {title}
      </Title>
      <SimpleGrid cols={{ base: 1, md: columns }}>
        {snippets.map((snippet) => (
          <Paper key={snippet.title} withBorder p="sm">
            <Group justify="space-between" wrap="nowrap" align="flex-start" mb={6}>
              <div>
                <Title order={3} size="h6">
                  {snippet.title}
                </Title>
                <Text size="xs" c="dimmed">
                  {snippet.about}
                </Text>
              </div>
              <CopyButton text={snippet.text} label={`Copy: ${snippet.title}`} />
            </Group>
            <pre className={classes.code}>{snippet.text}</pre>
          </Paper>
        ))}
      </SimpleGrid>
    </section>
  );
}

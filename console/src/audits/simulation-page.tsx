import { ActionIcon, Button, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useMemo, useRef } from 'react';
import { AccessPreview } from '../access/access-preview.tsx';
import { MAX_SIMULATED_CHANGES } from '../limits.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { ChangeForm } from './change-form.tsx';
import { ChangeWords } from './change-words.tsx';
import { changesOf, textOf } from './planned-changes.ts';

export function SimulationPage() {
  const all = readsAll(useViewer());
  const [state, change] = useUrlState({ changes: '' });
  const changes = useMemo(() => changesOf(state.changes), [state.changes]);
  const list = useRef<HTMLHeadingElement>(null);
  const full = changes.length >= MAX_SIMULATED_CHANGES;

  const remove = (index: number) => {
    change({ changes: textOf(changes.filter((_, i) => i !== index)) });
    list.current?.focus();
  };
  return (
    <Page
      title="Simulate"
      about={
        all
          ? 'See which access a list of changes would add and remove. A simulation changes nothing in the gateway.'
          : 'You can simulate changes of tags and grants. You need UPDATE access to the secrets that the changes concern. A simulation changes nothing in the gateway.'
      }
    >
      <Paper withBorder p="md">
        <ChangeForm
          full={full}
          onAdd={(added) => change({ changes: textOf([...changes, ...added].slice(0, MAX_SIMULATED_CHANGES)) })}
        />
        {full && (
          <Text size="sm" mt="xs">
            The list is full, because a simulation can contain at most {MAX_SIMULATED_CHANGES} changes.
          </Text>
        )}
      </Paper>
      {changes.length === 0 ? (
        <EmptyState title="No changes yet">
          Add a change to the list, such as a grant, a tag or a new member of a group. The simulation shows who would
          gain access and who would lose access.
        </EmptyState>
      ) : (
        <>
          <section aria-label="Changes">
            <Group justify="space-between" mb="xs">
              <Title order={2} size="h4" ref={list} tabIndex={-1}>
                {changes.length === 1 ? 'One change' : `${changes.length} changes, in this order`}
              </Title>
              <Button variant="subtle" size="xs" onClick={() => change({ changes: '' })}>
                Remove all
              </Button>
            </Group>
            <Stack gap={4} component="ol" m={0} p={0} style={{ listStyle: 'none' }}>
              {changes.map((one, index) => (
                <Group key={index} component="li" wrap="nowrap" gap="xs" align="flex-start">
                  <Text size="sm" c="dimmed" w="1.5rem" ta="right">
                    {index + 1}.
                  </Text>
                  <Text size="sm" flex={1} style={{ overflowWrap: 'anywhere' }}>
                    <ChangeWords change={one} />
                  </Text>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={`Remove change ${index + 1}`}
                    onClick={() => remove(index)}
                  >
                    <IconX size={16} stroke={1.5} />
                  </ActionIcon>
                </Group>
              ))}
            </Stack>
          </section>
          <AccessPreview changes={changes} />
        </>
      )}
    </Page>
  );
}

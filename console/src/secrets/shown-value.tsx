import { Button, Group, Popover, Stack, Text } from '@mantine/core';
import { type ReactElement, useEffect, useState } from 'react';
import { CopyButton } from '../parts/copy-button.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { type Revealing, SHOWN_MS } from './reveal.ts';
import classes from './shown-value.module.css';

/** Shows a revealed value next to the reveal button until the value is masked again. If the reveal fails, the component shows the error. */
export function ShownValue({
  name,
  revealing,
  children,
}: {
  name: string;
  revealing: Revealing;
  /** The revealed value appears next to this HTML element. */
  children: ReactElement;
}) {
  const { value, problem, hide } = revealing;
  return (
    <Popover
      opened={value !== undefined || problem !== undefined}
      onChange={(opened) => !opened && hide()}
      position="bottom-end"
      width="min(30rem, calc(100vw - 2rem))"
      withArrow
      shadow="md"
      trapFocus
      returnFocus
      withRoles={false}
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>{children}</Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={`Value of ${name}`} maw="calc(100vw - 2rem)">
        {value === undefined ? (
          <Stack gap="xs">
            <ProblemAlert problem={problem} />
            <Group justify="flex-end">
              <Button size="xs" variant="default" onClick={hide}>
                Close
              </Button>
            </Group>
          </Stack>
        ) : (
          <Value value={value} onHide={hide} />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Value({ value, onHide }: { value: string; onHide: () => void }) {
  const left = useSecondsLeft();
  return (
    <Stack gap="xs">
      {value === '' ? (
        <Text size="sm" c="dimmed">
          The value is empty.
        </Text>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region needs keyboard focus
        <pre className={classes.value} tabIndex={0}>
          {value}
        </pre>
      )}
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" c="dimmed">
          The console masks the value in {left} s
        </Text>
        <Group gap="xs" wrap="nowrap">
          <CopyButton label="Copy value" text={value} />
          <Button size="xs" variant="default" onClick={onHide} data-autofocus>
            Mask
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

function useSecondsLeft(): number {
  const [until] = useState(() => Date.now() + SHOWN_MS);
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.ceil((until - now) / 1_000));
}

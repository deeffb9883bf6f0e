import { Button, Group, Popover, Stack } from '@mantine/core';
import type { ReactElement } from 'react';
import { CopyButton } from '../parts/copy-button.tsx';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import type { Revealing } from './reveal.ts';
import { ShownValue } from './shown-value.tsx';

/** A value beside what was pressed for it, as it is, until its time is over; or why it is not shown. */
export function ValuePopover({
  name,
  revealing,
  children,
}: {
  name: string;
  revealing: Revealing;
  /** What it stands beside. */
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
          <Value name={name} value={value} onHide={hide} />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Value({ name, value, onHide }: { name: string; value: string; onHide: () => void }) {
  return (
    <Stack gap="xs">
      <ShownValue value={value} label={`The value of ${name}`} />
      <Group justify="flex-end" gap="xs" wrap="nowrap">
        <CopyButton label="Copy what is shown" text={value} />
        <Button size="xs" variant="default" onClick={onHide} data-autofocus>
          Hide
        </Button>
      </Group>
    </Stack>
  );
}

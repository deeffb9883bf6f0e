import { ActionIcon, Box, Group, Loader, Menu, Text } from '@mantine/core';
import { IconCopy, IconDots, IconEye, IconEyeOff, IconPencil, IconTags, IconTrash } from '@tabler/icons-react';
import { type ComponentType, useRef } from 'react';
import type { SecretRowFragment } from '../generated/operations.ts';
import { copy } from '../parts/copy.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { IconAction } from '../parts/icon-action.tsx';
import { useNarrow } from '../parts/narrow.ts';
import { whyNot, whyNotShown } from './may-do.ts';
import { reveal, useReveal } from './reveal.ts';
import { ShownValue } from './shown-value.tsx';

/** The names of the dialogs that a row in the list of secrets can open. */
export type Doing = 'value' | 'tags' | 'delete';

interface Action {
  label: string;
  icon: ComponentType<{ size?: number; stroke?: number }>;
  why: string | undefined;
  run: (button: HTMLElement) => void;
  dangerous?: boolean;
}

/** The action buttons of a row in the list of secrets. On a phone, a menu contains the actions. */
export function RowActions({
  secret,
  onDo,
}: {
  secret: SecretRowFragment;
  onDo: (what: Doing, button: HTMLElement) => void;
}) {
  const { name } = secret;
  const narrow = useNarrow();
  const revealing = useReveal(name);
  const shown = revealing.value !== undefined;
  const unshown = whyNotShown(secret);
  const eye = {
    label: shown ? `Mask value of ${name}` : `Reveal value of ${name}`,
    icon: shown ? IconEyeOff : IconEye,
    why: unshown,
    run: shown ? revealing.hide : revealing.show,
  };
  const copying = { label: `Copy value of ${name}`, why: unshown, text: () => reveal(name) };
  const update = whyNot(secret, 'UPDATE');
  // INVARIANT: no function in this component captures `revealing`. React keeps functions of earlier renders in memory, and a function that
  // captures `revealing` would keep the revealed value in memory.
  const { hide } = revealing;
  // Masks the value before a dialog opens. Otherwise the revealed value would cover the dialog.
  const begin = (what: Doing) => (button: HTMLElement) => {
    hide();
    onDo(what, button);
  };
  const changes: Action[] = [
    { label: `Rotate ${name}`, icon: IconPencil, why: update, run: begin('value') },
    { label: `Edit tags of ${name}`, icon: IconTags, why: update, run: begin('tags') },
    {
      label: `Delete ${name}`,
      icon: IconTrash,
      why: whyNot(secret, 'DELETE'),
      run: begin('delete'),
      dangerous: true,
    },
  ];
  return (
    <ShownValue name={name} revealing={revealing}>
      {narrow ? (
        <Box>
          <ActionMenu
            name={name}
            busy={revealing.busy}
            actions={[
              eye,
              { label: copying.label, icon: IconCopy, why: unshown, run: () => void copy(copying.text) },
              ...changes,
            ]}
          />
        </Box>
      ) : (
        <Group gap={2} wrap="nowrap" justify="flex-end">
          <IconAction
            label={eye.label}
            icon={<eye.icon size={18} stroke={1.5} />}
            onClick={eye.run}
            why={eye.why}
            loading={revealing.busy}
          />
          <CopyButton {...copying} />
          {changes.map(({ label, icon: Icon, why, run }) => (
            <IconAction key={label} label={label} icon={<Icon size={18} stroke={1.5} />} why={why} onClick={run} />
          ))}
        </Group>
      )}
    </ShownValue>
  );
}

function ActionMenu({ name, busy, actions }: { name: string; busy: boolean; actions: Action[] }) {
  const button = useRef<HTMLButtonElement>(null);
  return (
    <Menu position="bottom-end" width={260} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon
          ref={button}
          variant="subtle"
          color="gray"
          size="lg"
          aria-label={`Actions for ${name}`}
          aria-busy={busy || undefined}
        >
          {busy ? <Loader size={18} color="gray" aria-hidden /> : <IconDots size={20} stroke={1.5} />}
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label, icon: Icon, why, run, dangerous }) => (
          <Menu.Item
            key={label}
            leftSection={<Icon size={18} stroke={1.5} />}
            onClick={() => why === undefined && button.current && run(button.current)}
            {...(why === undefined
              ? dangerous && { c: 'var(--mantine-color-error)' }
              : { 'aria-disabled': true, closeMenuOnClick: false })}
          >
            {label}
            {why !== undefined && (
              <Text size="xs" c="dimmed">
                {why}
              </Text>
            )}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

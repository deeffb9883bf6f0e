import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './icon-action.module.css';

/** A button with a picture. Where `why` is given it does nothing, can be reached all the same, and says why. */
export function IconAction({
  label,
  icon,
  onClick,
  why,
  loading = false,
}: {
  /** What it does, and to what: `Delete db`. */
  label: string;
  icon: ReactNode;
  /** Told which button it is, for the focus to come back to. */
  onClick: (button: HTMLElement) => void;
  why?: string | undefined;
  loading?: boolean;
}) {
  const button = (
    <ActionIcon
      className={classes.action}
      variant="subtle"
      color="gray"
      size="md"
      aria-label={label}
      // Not `loading`: that disables it, and the focus would be lost.
      aria-busy={loading || undefined}
      onClick={({ currentTarget }) => {
        if (why === undefined && !loading) onClick(currentTarget);
      }}
      // A tooltip of the library for each would take longer than all the rest of a list.
      {...(why === undefined
        ? { title: label }
        : { 'aria-disabled': true, 'data-disabled': true, 'aria-description': why })}
    >
      {loading ? <Loader size={18} color="gray" aria-hidden /> : icon}
    </ActionIcon>
  );
  if (why === undefined) return button;
  return (
    <Tooltip label={why} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
      {button}
    </Tooltip>
  );
}

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
  return (
    <Tooltip
      label={why ?? label}
      multiline
      maw={280}
      openDelay={why === undefined ? 300 : 0}
      events={{ hover: true, focus: true, touch: why !== undefined }}
    >
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
        {...(why !== undefined && { 'aria-disabled': true, 'data-disabled': true, 'aria-description': why })}
      >
        {loading ? <Loader size={18} color="gray" aria-hidden /> : icon}
      </ActionIcon>
    </Tooltip>
  );
}

import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './icon-action.module.css';

/** An icon button. With a reason in `why`, the button is disabled, but keeps the focus and shows the reason. */
export function IconAction({
  label,
  icon,
  onClick,
  why,
  loading = false,
}: {
  /** The action and its object, for example `Delete db`. */
  label: string;
  icon: ReactNode;
  /** Receives the button, so that the caller can return the focus. */
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
      // The property `loading` is not used, because `loading` disables the button, and a disabled button loses the focus.
      aria-busy={loading || undefined}
      onClick={({ currentTarget }) => {
        if (why === undefined && !loading) onClick(currentTarget);
      }}
      // The tooltip is a native title, because rendering a tooltip component for each button would slow down a list.
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

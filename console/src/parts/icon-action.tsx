import { ActionIcon, Loader, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './icon-action.module.css';

/**
 * A button with an icon. If `why` contains a reason, the button is disabled and shows the reason. The keyboard can still focus the disabled
 * button.
 */
export function IconAction({
  label,
  icon,
  onClick,
  why,
  loading = false,
}: {
  /** The accessible name of the button: the action and its object, for example `Delete db`. */
  label: string;
  icon: ReactNode;
  /** The caller receives the HTML element of the button. The caller can later move the focus back to the button. */
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
      // The component does not use the `loading` property of Mantine's button. That property would disable the button, and a disabled
      // button loses the focus.
      aria-busy={loading || undefined}
      onClick={({ currentTarget }) => {
        if (why === undefined && !loading) onClick(currentTarget);
      }}
      // The tooltip is an HTML `title` attribute. A Mantine tooltip for each button would make long lists slow.
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

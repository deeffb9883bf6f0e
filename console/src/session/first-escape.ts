import { useEffect } from 'react';

let first: (() => void) | undefined;

// Each open dialog listens on the window and closes on Escape, even if another dialog covers it. Therefore `useFirstEscape` registers its
// listener before the listeners of the dialogs.
addEventListener(
  'keydown',
  (event) => {
    if (first === undefined || event.key !== 'Escape' || event.isComposing) return;
    event.stopImmediatePropagation();
    first();
  },
  { capture: true },
);

/**
 * While `opened`, Escape calls only `onEscape`: the dialogs below the warning stay open. `onEscape` must be the same function on each
 * render.
 */
export function useFirstEscape(opened: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!opened) return;
    first = onEscape;
    return () => {
      first = undefined;
    };
  }, [opened, onEscape]);
}

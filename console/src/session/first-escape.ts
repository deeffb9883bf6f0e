import { useEffect } from 'react';

let first: (() => void) | undefined;

// When the user presses Escape, every open dialog closes, even a dialog under another dialog. To prevent this, the listener of
// `useFirstEscape` runs before the listeners of the dialogs.
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
 * While `opened` is true, the Escape key only calls `onEscape`, and all other dialogs stay open. The caller must pass the same `onEscape`
 * function on each render.
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

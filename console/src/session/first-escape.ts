import { useEffect } from 'react';

let first: (() => void) | undefined;

// Every dialog that is open listens to the window and closes by Escape, whatever stands above it. This listens before any of them was shown.
addEventListener(
  'keydown',
  (event) => {
    if (first === undefined || event.key !== 'Escape' || event.isComposing) return;
    event.stopImmediatePropagation();
    first();
  },
  { capture: true },
);

/** While `opened`, Escape does this and nothing else: what stands below stays open. `onEscape` is to be the same function each time. */
export function useFirstEscape(opened: boolean, onEscape: () => void): void {
  useEffect(() => {
    if (!opened) return;
    first = onEscape;
    return () => {
      first = undefined;
    };
  }, [opened, onEscape]);
}

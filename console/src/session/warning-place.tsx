import { useSyncExternalStore } from 'react';
import classes from './warning-place.module.css';

let places: readonly HTMLElement[] = [];
const listeners = new Set<() => void>();

function set(next: readonly HTMLElement[]): void {
  places = next;
  for (const listener of listeners) listener();
}

function offer(place: HTMLElement | null) {
  if (place === null) return;
  set([...places, place]);
  return () => set(places.filter((other) => other !== place));
}

/**
 * An empty element at the end of each dialog, in which the session warning appears. In this element the session warning covers nothing, and
 * the keyboard can reach the session warning.
 */
export function WarningPlace() {
  return <div ref={offer} className={classes.place} />;
}

/** Returns the element for the session warning in the topmost open dialog. Returns undefined if no dialog is open. */
export function useWarningPlace(): HTMLElement | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => places.at(-1),
  );
}

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
 * The place for the session warning at the end of a dialog. At this place the keyboard can reach the warning, and the warning covers
 * nothing.
 */
export function WarningPlace() {
  return <div ref={offer} className={classes.place} />;
}

/** The place for the session warning in the topmost open dialog; undefined if no dialog is open. */
export function useWarningPlace(): HTMLElement | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => places.at(-1),
  );
}

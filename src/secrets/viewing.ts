import { SEEING } from '../access/policy.ts';
import type { Clock } from '../clock.ts';
import type { Viewing } from './secret-store.ts';

/** Whom secrets are read for, now: the subjects of the caller, and whether it sees all. */
export function viewingOf(subjects: readonly string[], all: boolean, clock: Clock): Viewing {
  return { subjects, all, seeing: SEEING, now: clock.now() };
}

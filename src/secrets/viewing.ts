import { ACCESSES_TO_SEE_SECRET } from '../access/policy.ts';
import type { Clock } from '../primitives/clock.ts';
import type { Uuid } from '../primitives/ids.ts';
import type { Viewing } from './secret-store.ts';

/** The caller for whom secrets are read: the caller's subjects, whether the caller sees all secrets, and the current time. */
export function viewingOf(subjects: readonly Uuid[], all: boolean, clock: Clock): Viewing {
  return { subjects, all, seeing: ACCESSES_TO_SEE_SECRET, now: clock.now() };
}

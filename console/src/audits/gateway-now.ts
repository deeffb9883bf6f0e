import { session, timesOf } from '../session/session.ts';

/**
 * The time of the gateway's clock. The value can be a few seconds old. The gateway refuses a query about a time that is in the future
 * by the gateway's clock, and the browser's clock may be ahead. The function computes the difference of the two clocks from the issue time
 * in the session's token.
 */
export function gatewayNow(): Date {
  const current = session.current();
  if (current === undefined) return new Date();
  const { token, endsAt, lifetime } = current;
  const { iat } = timesOf(token);
  return new Date(Date.now() + (iat * 1_000 - (endsAt - lifetime)));
}

const DAY_MS = 86_400_000;

/** The time `days` days before `at`. */
export function daysBefore(at: Date, days: number): Date {
  return new Date(at.getTime() - days * DAY_MS);
}

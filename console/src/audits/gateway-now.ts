import { session, timesOf } from '../session/session.ts';

/**
 * Returns the present time by the gateway's clock. The returned time can be a few seconds late. The browser's clock may be ahead of the
 * gateway's clock, and the gateway refuses a query about a time in the future. The function computes the difference between the two clocks
 * from the time at which the gateway issued the session's token.
 */
export function gatewayNow(): Date {
  const current = session.current();
  if (current === undefined) return new Date();
  const { token, endsAt, lifetime } = current;
  const { iat } = timesOf(token);
  return new Date(Date.now() + (iat * 1_000 - (endsAt - lifetime)));
}

const DAY_MS = 86_400_000;

/** Returns the time that is `days` days before `at`. */
export function daysBefore(at: Date, days: number): Date {
  return new Date(at.getTime() - days * DAY_MS);
}

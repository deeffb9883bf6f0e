import { session, timesOf } from '../session/session.ts';

/**
 * The gateway's time, or up to a few seconds earlier. A query may only name a past time by the gateway's clock, and the browser's clock may
 * differ. The offset is derived from the time at which the gateway signed the token of the session.
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

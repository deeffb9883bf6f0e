import { session, timesOf } from '../session/session.ts';

/**
 * The time by the gateway's clock, or up to a few seconds less: what is asked about must have passed there, whatever this browser's clock says. Known
 * from the moment at which the gateway signed the session's token.
 */
export function gatewayNow(): Date {
  const current = session.current();
  if (current === undefined) return new Date();
  const { token, endsAt, lifetime } = current;
  const { iat } = timesOf(token);
  return new Date(Date.now() + (iat * 1_000 - (endsAt - lifetime)));
}

const DAY_MS = 86_400_000;

/** So many days before `at`. */
export function daysBefore(at: Date, days: number): Date {
  return new Date(at.getTime() - days * DAY_MS);
}

/**
 * Converts a time to RFC 3339 in UTC. The input can have any format that the `Date` constructor parses. A time without a time zone is a
 * local time. Returns an empty string if the input is not a time.
 */
export function instantOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/**
 * Converts a time to local time, in the format of an HTML input of the type `datetime-local`: `2026-01-31T10:30`. Returns an empty string
 * if the input is not a time.
 */
export function localOf(instant: string): string {
  if (instantOf(instant) === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Time zone of the browser, for example `Europe/Berlin`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

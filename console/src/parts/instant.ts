/**
 * Converts a text that the browser parses as a time into RFC 3339 in UTC. A text without a time zone is in local time. Returns an empty
 * text if the text is not a time.
 */
export function instantOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/**
 * Converts a time into the value of a datetime-local input, which is in local time: `2026-01-31T10:30`. Returns an empty text if the text
 * is not a time.
 */
export function localOf(instant: string): string {
  if (instantOf(instant) === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Time zone of the browser: `Europe/Berlin`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

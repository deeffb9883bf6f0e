/** RFC 3339 in UTC, from a text that the browser parses as a time; without a zone, in local time. Empty if the text is not a time. */
export function instantOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/** The value of a datetime-local input: `2026-01-31T10:30` in local time. Empty if the text is not a time. */
export function localOf(instant: string): string {
  if (instantOf(instant) === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Time zone of the browser: `Europe/Berlin`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

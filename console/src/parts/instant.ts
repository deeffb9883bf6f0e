/** RFC 3339 in UTC, of a text that a browser reads as a moment: one without a zone is of this place. Empty where it is none. */
export function instantOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

/** As inputs of date and time have it: `2026-01-31T10:30` in the time of this place. Empty where the text is no instant. */
export function localOf(instant: string): string {
  if (instantOf(instant) === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Where this browser is: `Europe/Berlin`. */
export const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

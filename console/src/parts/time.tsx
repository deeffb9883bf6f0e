const near = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const UNITS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** Formats a time in the language and the time zone of the browser. */
export const inWords = (at: string): string => near.format(new Date(at));

/** Describes a time relative to the present time, for example `3 days ago`. */
export function fromNow(at: Date, now = new Date()): string {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  for (const [unit, size] of UNITS)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return seconds > 0 ? 'in a moment' : 'just now';
}

/** Shows a time relative to the present time. A tooltip shows the exact time. */
export function Time({ at, absolute = false }: { at: string; absolute?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={exact.format(date)}>
      {absolute ? inWords(at) : fromNow(date)}
    </time>
  );
}

import { TextInput } from '@mantine/core';

/** RFC 3339, or empty where the text is no instant. */
export function instantOf(text: string): string {
  const at = new Date(text);
  return text === '' || Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

const words = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** An instant for people, in their time. */
export const inWords = (at: string): string => words.format(new Date(at));

/** As `datetime-local` has it: the time of this place, to the minute. */
function localOf(instant: string): string {
  if (instantOf(instant) === '') return '';
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A moment, entered in the time of this place. Empty for none. */
export function MomentField({
  label,
  description,
  value,
  onChange,
  error,
  required = false,
}: {
  label: string;
  description?: string;
  /** RFC 3339. */
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
  required?: boolean;
}) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description}
      value={localOf(value)}
      onChange={({ currentTarget }) => onChange(instantOf(currentTarget.value))}
      error={error}
      required={required}
    />
  );
}

import { TextInput } from '@mantine/core';

/** A moment, by the clock of this browser. Given and told as RFC 3339 in UTC; empty for none. */
export function MomentField({
  label,
  description,
  value,
  onChange,
  error,
}: {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description}
      value={localOf(value)}
      onChange={({ currentTarget }) => onChange(utcOf(currentTarget.value))}
      error={error}
    />
  );
}

/** `2026-01-31T10:30` where the browser is. */
function localOf(utc: string): string {
  if (utc === '') return '';
  const at = new Date(utc);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function utcOf(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString();
}

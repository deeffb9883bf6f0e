import { TextInput } from '@mantine/core';

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The instant of what stands in an input of date and time, in RFC 3339; null where nothing does. */
export function instantOf(local: string): string | null {
  return local === '' ? null : new Date(local).toISOString();
}

/** When something ends, by the browser's clock and zone; `value` is what stands in the input. Empty for no end. */
export function EndField({
  label,
  value,
  onChange,
  error,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | undefined;
}) {
  const past = value !== '' && new Date(value) <= new Date();
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={`In the time zone of this browser, ${zone}. Leave it empty for no end.`}
      styles={{ wrapper: { maxWidth: 280 } }}
      value={value}
      onChange={({ currentTarget }) => onChange(currentTarget.value)}
      error={error ?? (past ? 'This moment has passed: it would be over at once.' : undefined)}
    />
  );
}

import { CloseButton, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { instantOf, localOf, timeZone } from './instant.ts';

/** Limits the year to four digits. */
const LAST = '9999-12-31T23:59';

/** A date and time, entered in local time. `value` is RFC 3339 in UTC, or empty. */
export function MomentField({
  label,
  description = '',
  ends = false,
  value,
  onChange,
  min = '',
  max = '',
  error,
}: {
  label: string;
  description?: string;
  /** Whether this is an expiry time, which is optional and should be in the future. */
  ends?: boolean;
  value: string;
  onChange: (value: string) => void;
  /** The earliest and the latest allowed time, in the format of `value`. */
  min?: string;
  max?: string;
  error?: string | undefined;
}) {
  // Keeps the typed text while the typed text and `value` mean the same time.
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const hint = [description, ends && 'Leave empty to never expire.', `Time zone: ${timeZone}.`]
    .filter(Boolean)
    .join(' ');
  const passed = ends && value !== '' && new Date(value) <= new Date();
  const clear = () => {
    onChange('');
    input.current?.focus();
  };
  return (
    <TextInput
      ref={input}
      type="datetime-local"
      label={label}
      description={hint}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      styles={{ wrapper: { maxWidth: 280 } }}
      value={instantOf(typed) === value ? typed : localOf(value)}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value);
        onChange(instantOf(currentTarget.value));
      }}
      rightSection={
        ends && value !== '' && <CloseButton size="sm" aria-label="Never expire" title="Never expire" onClick={clear} />
      }
      {...(min !== '' && { min: localOf(min) })}
      max={max === '' ? LAST : localOf(max)}
      error={error ?? (passed ? 'This time is in the past.' : undefined)}
    />
  );
}

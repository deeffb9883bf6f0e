import { CloseButton, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { instantOf, localOf, timeZone } from './instant.ts';

/** The latest time that the input field accepts. With this limit, the browser accepts only years with four digits. */
const LAST = '9999-12-31T23:59';

/** An input field for a date and a time. The user enters the local time. `value` is the time in RFC 3339 and UTC, or empty. */
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
  /** True if the field is for an expiry time. An expiry time is optional, and should be in the future. */
  ends?: boolean;
  value: string;
  onChange: (value: string) => void;
  /** The earliest allowed time (`min`) and the latest allowed time (`max`), in RFC 3339 and UTC. */
  min?: string;
  max?: string;
  error?: string | undefined;
}) {
  // The field shows the typed text while the typed text and `value` represent the same time.
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const hint = [description, ends && 'Leave this field empty for no expiry.', `Time zone: ${timeZone}.`]
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
      error={error ?? (passed ? 'The expiry time is in the past.' : undefined)}
    />
  );
}

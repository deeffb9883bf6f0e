import { CloseButton, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { instantOf, localOf, timeZone } from './instant.ts';

/** So that a year has four digits. */
const LAST = '9999-12-31T23:59';

/** A moment, entered in the time of this place, which it tells. Given and told as RFC 3339 in UTC; empty for none. */
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
  /** Whether it is the end of something, which may have none. */
  ends?: boolean;
  value: string;
  onChange: (value: string) => void;
  /** The first and the last that can be meant, as `value`. */
  min?: string;
  max?: string;
  error?: string | undefined;
}) {
  // What is typed stands as it is while it means the same.
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const told = [description, ends && 'Leave empty to never expire.', `Time zone: ${timeZone}.`]
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
      description={told}
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

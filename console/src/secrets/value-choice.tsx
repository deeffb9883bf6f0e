import { SegmentedControl, Text } from '@mantine/core';
import { MAX_VALUE_LENGTH } from '../limits.ts';
import { GenerateFields, type Generation } from './generate-fields.tsx';
import { ValueField } from './value-field.tsx';

export interface Choice {
  how: 'enter' | 'generate';
  /** The entered value. The form keeps the entered value while a generated value is chosen. */
  value: string;
  generate: Generation;
}

export const NOT_CHOSEN: Choice = { how: 'enter', value: '', generate: { length: 32, alphabet: 'ALPHANUMERIC' } };

/** Whether the form has an entered value or valid rules for a generated value. */
export const isChosen = ({ how, value, generate }: Choice): boolean =>
  how === 'enter' ? value !== '' : generate.length >= 1 && generate.length <= MAX_VALUE_LENGTH;

/** Lets the user choose between an entered value and a generated value. */
export function ValueChoice({
  label,
  made,
  choice,
  onChange,
  errors,
}: {
  label: string;
  /** Says where a generated value comes from, and who can see it. */
  made: string;
  choice: Choice;
  onChange: (choice: Choice) => void;
  errors: { value?: string | undefined; length?: string | undefined };
}) {
  return (
    <>
      <SegmentedControl
        aria-label="Source of the value"
        fullWidth
        value={choice.how}
        onChange={(how) => onChange({ ...choice, how: how as Choice['how'] })}
        data={[
          { value: 'enter', label: 'Enter a value' },
          { value: 'generate', label: 'Generate a value' },
        ]}
      />
      {choice.how === 'enter' ? (
        <ValueField
          label={label}
          value={choice.value}
          onChange={(value) => onChange({ ...choice, value })}
          error={errors.value}
        />
      ) : (
        <>
          <GenerateFields
            value={choice.generate}
            onChange={(generate) => onChange({ ...choice, generate })}
            error={errors.length}
          />
          <Text size="sm" c="dimmed">
            {made}
          </Text>
        </>
      )}
    </>
  );
}

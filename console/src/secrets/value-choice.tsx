import { SegmentedControl, Text } from '@mantine/core';
import { MAX_VALUE_LENGTH } from '../limits.ts';
import { GenerateFields, type Generation } from './generate-fields.tsx';
import { ValueField } from './value-field.tsx';

export interface Choice {
  how: 'enter' | 'generate';
  /** The value that the user entered. The form keeps the entered value when the user switches to a generated value. */
  value: string;
  generate: Generation;
}

export const NOT_CHOSEN: Choice = { how: 'enter', value: '', generate: { length: 32, alphabet: 'ALPHANUMERIC' } };

/** Returns true if the user has entered a value, or has entered a valid length for a generated value. */
export const isChosen = ({ how, value, generate }: Choice): boolean =>
  how === 'enter' ? value !== '' : generate.length >= 1 && generate.length <= MAX_VALUE_LENGTH;

/** Input fields for a secret value. The user chooses between an entered value and a generated value. */
export function ValueChoice({
  label,
  made,
  choice,
  onChange,
  errors,
}: {
  label: string;
  /** Help text that says where a generated value comes from, and who can see the generated value. */
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

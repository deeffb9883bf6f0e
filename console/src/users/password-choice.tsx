import { PasswordInput, Radio, Stack } from '@mantine/core';
import { MIN_PASSWORD_LENGTH } from '../limits.ts';
import { generatePassword } from './generate-password.ts';

/** The source of a user's password: generated, entered or none. */
export interface PasswordChoice {
  how: 'generate' | 'type' | 'none';
  typed: string;
}

/**
 * Returns the password that the user chose. Returns null if the user chose to have no password. If the console generates the password, each
 * call returns a new password.
 */
export function passwordOf({ how, typed }: PasswordChoice): string | null {
  return how === 'none' ? null : how === 'type' ? typed : generatePassword();
}

export function PasswordChoiceFields({
  value,
  onChange,
  error,
}: {
  value: PasswordChoice;
  onChange: (value: PasswordChoice) => void;
  error?: string | undefined;
}) {
  return (
    <Stack gap="xs">
      <Radio.Group
        label="Password"
        value={value.how}
        onChange={(how) => onChange({ how: how as PasswordChoice['how'], typed: '' })}
        error={value.how === 'type' ? undefined : error}
      >
        <Stack gap={6} mt={4}>
          <Radio
            value="generate"
            label="Generate a password"
            description="Your browser generates the password. The console shows the password once."
          />
          <Radio value="type" label="Enter a password" />
          <Radio value="none" label="No password" description="The user cannot sign in with a password." />
        </Stack>
      </Radio.Group>
      {value.how === 'type' && (
        <PasswordInput
          label="New password"
          description={`${MIN_PASSWORD_LENGTH} characters or more.`}
          autoComplete="new-password"
          required
          minLength={MIN_PASSWORD_LENGTH}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
          // React does not control the password input, because React would write the password of a controlled input into the HTML of the
          // page.
          onChange={({ currentTarget }) => onChange({ how: 'type', typed: currentTarget.value })}
          error={error}
        />
      )}
    </Stack>
  );
}

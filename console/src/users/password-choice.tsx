import { PasswordInput, Radio, Stack } from '@mantine/core';
import { generatePassword } from './generate-password.ts';

/** Where the password of a user comes from. */
export interface PasswordChoice {
  how: 'generate' | 'type' | 'none';
  typed: string;
}

/** The password to set; null to set no password. Each call generates a new password. */
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
            description="Your browser generates the password and shows it once."
          />
          <Radio value="type" label="Enter a password" />
          <Radio value="none" label="No password" description="The user cannot sign in with a password." />
        </Stack>
      </Radio.Group>
      {value.how === 'type' && (
        <PasswordInput
          label="New password"
          description="8 characters or more."
          autoComplete="new-password"
          required
          minLength={8}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
          // The input is uncontrolled, because React would write the password in a controlled input into the HTML of the page.
          onChange={({ currentTarget }) => onChange({ how: 'type', typed: currentTarget.value })}
          error={error}
        />
      )}
    </Stack>
  );
}

import { TextInput } from '@mantine/core';
import type { Role } from '../generated/operations.ts';
import { MAX_EMAIL_LENGTH, MAX_NAME_LENGTH } from '../limits.ts';
import { fieldError } from '../parts/problem-alert.tsx';
import { RolePicks } from '../parts/roles.tsx';

export interface UserValues {
  name: string;
  email: string;
  roles: Role[];
}

/** The editable fields of a user. */
export function UserFields({
  value,
  onChange,
  inGroup,
  problem,
}: {
  value: UserValues;
  onChange: (value: UserValues) => void;
  inGroup: boolean;
  problem: unknown;
}) {
  return (
    <>
      <TextInput
        label="Name"
        description="Display name."
        required
        maxLength={MAX_NAME_LENGTH}
        value={value.name}
        onChange={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        error={fieldError(problem, 'input.name')}
      />
      <TextInput
        label="Email"
        description="Contact address. The gateway sends no email."
        type="email"
        maxLength={MAX_EMAIL_LENGTH}
        value={value.email}
        onChange={({ currentTarget }) => onChange({ ...value, email: currentTarget.value })}
        error={fieldError(problem, 'email')}
      />
      <RolePicks
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={(role) => (role === 'USER_READ_ONLY' && inGroup ? 'Not allowed for a member of a group' : undefined)}
        error={fieldError(problem, 'roles')}
      />
    </>
  );
}

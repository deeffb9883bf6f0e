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

/** Input fields for the name, the email address and the roles of a user. */
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
        description="The console shows this name to other users."
        required
        maxLength={MAX_NAME_LENGTH}
        value={value.name}
        onChange={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        error={fieldError(problem, 'input.name')}
      />
      <TextInput
        label="Email"
        description="Enter a contact address. The gateway never sends email."
        type="email"
        maxLength={MAX_EMAIL_LENGTH}
        value={value.email}
        onChange={({ currentTarget }) => onChange({ ...value, email: currentTarget.value })}
        error={fieldError(problem, 'email')}
      />
      <RolePicks
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={(role) =>
          role === 'USER_READ_ONLY' && inGroup ? 'A member of a group cannot have this role' : undefined
        }
        error={fieldError(problem, 'roles')}
      />
    </>
  );
}

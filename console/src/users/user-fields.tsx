import { TextInput } from '@mantine/core';
import type { Role } from '../generated/operations.ts';
import { fieldError } from '../parts/problem-alert.tsx';
import { RolePicks } from '../parts/roles.tsx';

export interface UserValues {
  name: string;
  email: string;
  roles: Role[];
}

/** What of a user can be changed. */
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
        description="What people call the user."
        required
        maxLength={255}
        value={value.name}
        onChange={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        error={fieldError(problem, 'input.name')}
      />
      <TextInput
        label="Email"
        description="For people to reach the user; the gateway sends nothing."
        type="email"
        maxLength={320}
        value={value.email}
        onChange={({ currentTarget }) => onChange({ ...value, email: currentTarget.value })}
        error={fieldError(problem, 'email')}
      />
      <RolePicks
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={(role) => (role === 'USER_READ_ONLY' && inGroup ? 'Not while the user is in a group' : undefined)}
        error={fieldError(problem, 'roles')}
      />
    </>
  );
}

import { Textarea, TextInput } from '@mantine/core';
import type { Role } from '../generated/operations.ts';
import { fieldError } from './problem-alert.tsx';
import { RolePicks, sameRoles } from './roles.tsx';

/** Form values of a group or an application. */
export interface Described {
  name: string;
  description: string;
  roles: Role[];
}

export const NOTHING_ENTERED: Described = { name: '', description: '', roles: [] };

interface Stored {
  name: string;
  description: string | null;
  roles: Role[];
}

export const describedOf = ({ name, description, roles }: Stored): Described => ({
  name,
  description: description ?? '',
  roles,
});

/** Whether any field differs from `before`, even by a space. */
export function isEntered(value: Described, before: Described = NOTHING_ENTERED): boolean {
  const { name, description, roles } = before;
  return value.name !== name || value.description !== description || !sameRoles(value.roles, roles);
}

/** The input that creates the object. */
export const createInput = ({ name, description, roles }: Described) => ({
  name: name.trim(),
  description: description.trim() || null,
  roles,
});

/** The input that changes the object. It contains only changed fields, so that concurrent changes of other fields survive. */
export function changedIn(value: Described, before: Described) {
  const { name, description } = createInput(value);
  return {
    ...(name !== before.name && { name }),
    ...((description ?? '') !== before.description && { description }),
    ...(!sameRoles(value.roles, before.roles) && { roles: value.roles }),
  };
}

/** Name, description and roles. `aboutRoles` describes the roles field; `refusal` returns why a role cannot be changed. */
export function DescribedFields({
  value,
  onChange,
  aboutRoles,
  refusal,
  problem,
}: {
  value: Described;
  onChange: (value: Described) => void;
  aboutRoles: string;
  refusal: (role: Role) => string | undefined;
  problem: unknown;
}) {
  return (
    <>
      <TextInput
        label="Name"
        required
        maxLength={255}
        data-autofocus
        value={value.name}
        onChange={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        error={fieldError(problem, 'name')}
      />
      <Textarea
        label="Description"
        description="Purpose."
        autosize
        minRows={2}
        maxLength={2_000}
        value={value.description}
        onChange={({ currentTarget }) => onChange({ ...value, description: currentTarget.value })}
        error={fieldError(problem, 'description')}
      />
      <RolePicks
        description={aboutRoles}
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={refusal}
        error={fieldError(problem, 'roles')}
      />
    </>
  );
}

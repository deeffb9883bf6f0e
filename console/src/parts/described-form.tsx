import { Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { Change } from '../api/queries.ts';
import type { Role } from '../generated/operations.ts';
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH } from '../limits.ts';
import { DialogForm } from './dialog.tsx';
import { fieldError } from './problem-alert.tsx';
import { RolePicks, sameRoles } from './roles.tsx';

/** The input of the form for a group or an application. */
export interface Described {
  name: string;
  description: string;
  roles: Role[];
}

const NOTHING_ENTERED: Described = { name: '', description: '', roles: [] };

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

/** Returns true if any form field differs from its original value in `before`, even by a space. */
function isEntered(value: Described, before: Described): boolean {
  const { name, description, roles } = before;
  return value.name !== name || value.description !== description || !sameRoles(value.roles, roles);
}

/** Converts the form input to the GraphQL input that creates a group or an application. */
export const createInput = ({ name, description, roles }: Described) => ({
  name: name.trim(),
  description: description.trim() || null,
  roles,
});

/**
 * Converts the form input to the GraphQL input that changes a group or an application. The GraphQL input contains only changed fields. The
 * form therefore does not overwrite concurrent changes of other fields by other users.
 */
export function changedIn(value: Described, before: Described) {
  const { name, description } = createInput(value);
  return {
    ...(name !== before.name && { name }),
    ...((description ?? '') !== before.description && { description }),
    ...(!sameRoles(value.roles, before.roles) && { roles: value.roles }),
  };
}

/** The roles that a group or an application can have. */
export interface RoleRules {
  /** Help text for the field in which the user selects roles. */
  aboutRoles: string;
  /** Returns the reason why the user cannot change a role. Returns undefined if the user can change the role. */
  refusal: (role: Role) => string | undefined;
}

/**
 * The form that creates or changes a group or an application. `children` is for example a preview of the access that the change adds or
 * removes.
 */
export function DescribedForm({
  submit,
  before = NOTHING_ENTERED,
  rules,
  change,
  onSubmit,
  onCancel,
  children,
}: {
  /** Label of the submit button. */
  submit: string;
  before?: Described;
  rules: RoleRules;
  change: Change;
  onSubmit: (value: Described) => void;
  onCancel: () => void;
  children?: (value: Described) => ReactNode;
}) {
  const [value, setValue] = useState(before);
  return (
    <DialogForm
      submit={submit}
      entered={isEntered(value, before)}
      busy={change.isPending}
      problem={change.error}
      onSubmit={() => onSubmit(value)}
      onCancel={onCancel}
    >
      <Fields {...rules} value={value} onChange={setValue} problem={change.error} />
      {children?.(value)}
    </DialogForm>
  );
}

function Fields({
  value,
  onChange,
  aboutRoles,
  refusal,
  problem,
}: RoleRules & { value: Described; onChange: (value: Described) => void; problem: unknown }) {
  return (
    <>
      <TextInput
        label="Name"
        required
        maxLength={MAX_NAME_LENGTH}
        data-autofocus
        value={value.name}
        onChange={({ currentTarget }) => onChange({ ...value, name: currentTarget.value })}
        error={fieldError(problem, 'name')}
      />
      <Textarea
        label="Description"
        description="Describe the purpose in a few words."
        autosize
        minRows={2}
        maxLength={MAX_DESCRIPTION_LENGTH}
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

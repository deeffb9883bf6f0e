import { Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import { CreateGroup, DeleteGroup, type GroupRowFragment, type Role, UpdateGroup } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { RolePicks, sameRoles } from '../parts/roles.tsx';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/** `onDone` is told the id of the new group. */
export function CreateGroupDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add group">
      <CreateGroupForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateGroupForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const [group, setGroup] = useState<GroupValues>({ name: '', description: '', roles: [] });
  const create = useChange(CreateGroup, {
    restarts: ['Groups'],
    onDone: ({ createGroup }) => {
      onClose();
      notify(`The group ${group.name.trim()} was made.`);
      if (createGroup !== null) onDone(createGroup.group.id);
    },
  });
  const { name, description, roles } = group;
  const submit = () => create.mutate({ input: { name: name.trim(), description: description.trim() || null, roles } });
  return (
    <DialogForm
      submit="Add"
      entered={name + description !== '' || roles.length > 0}
      busy={create.isPending}
      problem={create.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <GroupFields value={group} onChange={setGroup} problem={create.error} />
    </DialogForm>
  );
}

export function EditGroupDialog({ group, opened, onClose }: Opened & { group: GroupRowFragment }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit ${group.name}`}>
      <EditGroupForm group={group} onClose={onClose} />
    </Dialog>
  );
}

function EditGroupForm({ group: before, onClose }: { group: GroupRowFragment; onClose: () => void }) {
  const { id, name, description, roles } = before;
  const [group, setGroup] = useState<GroupValues>({ name, description: description ?? '', roles });
  const update = useChange(UpdateGroup, {
    onDone: () => {
      notify(`The group ${group.name.trim()} was changed.`);
      onClose();
    },
  });
  const changed = !sameRoles(group.roles, roles);
  const submit = () =>
    update.mutate({
      input: {
        id,
        // What somebody else changes meanwhile stays.
        ...(group.name.trim() !== name && { name: group.name.trim() }),
        ...(group.description.trim() !== (description ?? '') && { description: group.description.trim() || null }),
        ...(changed && { roles: group.roles }),
      },
    });
  return (
    <DialogForm
      submit="Save"
      entered={changed || group.name !== name || group.description !== (description ?? '')}
      busy={update.isPending}
      problem={update.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <GroupFields value={group} onChange={setGroup} problem={update.error} />
      <AccessPreview changes={changed ? [{ setRoles: { subjectId: id, roles: group.roles } }] : []} />
    </DialogForm>
  );
}

interface GroupValues {
  name: string;
  description: string;
  roles: Role[];
}

function GroupFields({
  value,
  onChange,
  problem,
}: {
  value: GroupValues;
  onChange: (value: GroupValues) => void;
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
        description="What it is for."
        autosize
        minRows={2}
        maxLength={2_000}
        value={value.description}
        onChange={({ currentTarget }) => onChange({ ...value, description: currentTarget.value })}
        error={fieldError(problem, 'description')}
      />
      <RolePicks
        description="Every member has them. Most groups need none: permissions are enough."
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={(role) => (role === 'USER_READ_ONLY' ? 'Whoever has it cannot be in a group' : undefined)}
        error={fieldError(problem, 'roles')}
      />
    </>
  );
}

export function DeleteGroupDialog({
  group: { id, name },
  opened,
  onClose,
  onDone,
}: Opened & { group: GroupRowFragment; onDone: () => void }) {
  const changes = [{ deleteGroup: id }];
  const { seen, onShown } = useSeen(changes);
  const remove = useChange(DeleteGroup, {
    drops: () => [id],
    onDone: () => {
      notify(`The group ${name} was deleted.`);
      onDone();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      title={`Delete ${name}?`}
      confirm="Delete"
      busy={remove.isPending}
      waits={!seen}
      problem={remove.error}
      onConfirm={() => remove.mutate({ id })}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      <Text size="sm">
        With it go its memberships, its roles and its permissions: members have by it nothing any more. It cannot be
        brought back; its members and the secrets stay.
      </Text>
      {opened && <AccessPreview changes={changes} onShown={onShown} />}
    </ConfirmDialog>
  );
}

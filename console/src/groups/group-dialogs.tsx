import { Text } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import { CreateGroup, DeleteGroup, type GroupRowFragment, type Role, UpdateGroup } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import {
  changedIn,
  createInput,
  DescribedFields,
  describedOf,
  isEntered,
  NOTHING_ENTERED,
} from '../parts/described-fields.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { sameRoles } from '../parts/roles.tsx';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

const ROLES = {
  aboutRoles: 'Every member has them. Most groups need none: permissions are enough.',
  refusal: (role: Role) => (role === 'USER_READ_ONLY' ? 'Whoever has it cannot be in a group' : undefined),
};

/** `onDone` is told the id of the new group. */
export function CreateGroupDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add group">
      <CreateGroupForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateGroupForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const [group, setGroup] = useState(NOTHING_ENTERED);
  const create = useChange(CreateGroup, {
    restarts: ['Groups'],
    onDone: ({ createGroup }) => {
      onClose();
      notify(`The group ${group.name.trim()} was made.`);
      if (createGroup !== null) onDone(createGroup.group.id);
    },
  });
  const submit = () => create.mutate({ input: createInput(group) });
  return (
    <DialogForm
      submit="Add"
      entered={isEntered(group)}
      busy={create.isPending}
      problem={create.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <DescribedFields {...ROLES} value={group} onChange={setGroup} problem={create.error} />
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

function EditGroupForm({ group: stored, onClose }: { group: GroupRowFragment; onClose: () => void }) {
  const { id, roles } = stored;
  const before = describedOf(stored);
  const [group, setGroup] = useState(before);
  const update = useChange(UpdateGroup, {
    onDone: () => {
      notify(`The group ${group.name.trim()} was changed.`);
      onClose();
    },
  });
  const changed = !sameRoles(group.roles, roles);
  const submit = () => update.mutate({ input: { id, ...changedIn(group, before) } });
  return (
    <DialogForm
      submit="Save"
      entered={isEntered(group, before)}
      busy={update.isPending}
      problem={update.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <DescribedFields {...ROLES} value={group} onChange={setGroup} problem={update.error} />
      <AccessPreview changes={changed ? [{ setRoles: { subjectId: id, roles: group.roles } }] : []} />
    </DialogForm>
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

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
  aboutRoles: 'Every member has these roles. Most groups need only permissions and no roles.',
  refusal: (role: Role) => (role === 'USER_READ_ONLY' ? 'A principal with this role cannot be in a group' : undefined),
};

/** Calls `onDone` with the id of the new group. */
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
      notify(`Created the group ${group.name.trim()}.`);
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
      notify(`Changed the group ${group.name.trim()}.`);
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
      notify(`Deleted the group ${name}.`);
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
        This also deletes its memberships, roles and permissions. Members immediately lose the access that they have
        through the group. You cannot undo this. Members and secrets are not deleted.
      </Text>
      {opened && <AccessPreview changes={changes} onShown={onShown} />}
    </ConfirmDialog>
  );
}

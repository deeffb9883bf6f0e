import { Text } from '@mantine/core';
import { AccessPreview, RolesPreview, useSeen } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import { CreateGroup, DeleteGroup, type GroupRowFragment, UpdateGroup } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import {
  changedIn,
  createInput,
  type Described,
  DescribedForm,
  describedOf,
  type RoleRules,
} from '../parts/described-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

const RULES: RoleRules = {
  aboutRoles: 'Every member of the group has these roles. Most groups need permissions, but no roles.',
  refusal: (role) => (role === 'USER_READ_ONLY' ? 'A principal with this role cannot be in a group' : undefined),
};

/** Dialog that creates a group. After success the dialog calls `onDone` with the id of the new group. */
export function CreateGroupDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add group">
      <CreateGroupForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateGroupForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const create = useChange(CreateGroup, {
    restarts: ['Groups'],
    onDone: ({ createGroup }, { input }) => {
      onClose();
      notify(`Created the group ${input.name}.`);
      if (createGroup !== null) onDone(createGroup.group.id);
    },
  });
  const submit = (group: Described) => create.mutate({ input: createInput(group) });
  return <DescribedForm submit="Add" rules={RULES} change={create} onSubmit={submit} onCancel={onClose} />;
}

export function EditGroupDialog({ group, opened, onClose }: Opened & { group: GroupRowFragment }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit ${group.name}`}>
      <EditGroupForm group={group} onClose={onClose} />
    </Dialog>
  );
}

function EditGroupForm({ group, onClose }: { group: GroupRowFragment; onClose: () => void }) {
  const { id, name } = group;
  const before = describedOf(group);
  const update = useChange(UpdateGroup, {
    onDone: (_, { input }) => {
      notify(`Changed the group ${input.name ?? name}.`);
      onClose();
    },
  });
  const submit = (entered: Described) => update.mutate({ input: { id, ...changedIn(entered, before) } });
  return (
    <DescribedForm submit="Save" before={before} rules={RULES} change={update} onSubmit={submit} onCancel={onClose}>
      {({ roles }) => <RolesPreview subject={group} roles={roles} />}
    </DescribedForm>
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
      change={remove}
      waits={!seen}
      onConfirm={() => remove.mutate({ id })}
      onClose={onClose}
    >
      <Text size="sm">
        The gateway also deletes the memberships, roles and permissions of the group. Members immediately lose the
        access that they have through the group. You cannot undo the deletion. The deletion of a group does not delete
        any users, applications or secrets.
      </Text>
      {opened && <AccessPreview changes={changes} onShown={onShown} />}
    </ConfirmDialog>
  );
}

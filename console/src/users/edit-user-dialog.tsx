import { useState } from 'react';
import { RolesPreview } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import { UpdateUser, type UserRowFragment } from '../generated/operations.ts';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { sameRoles } from '../parts/roles.tsx';
import { UserFields, type UserValues } from './user-fields.tsx';

interface Editing {
  user: UserRowFragment & { groups: readonly unknown[] };
  onClose: () => void;
}

export function EditUserDialog({ user, opened, onClose }: Editing & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit ${user.username}`}>
      <EditUserForm user={user} onClose={onClose} />
    </Dialog>
  );
}

function EditUserForm({ user: { id, username, name, email, roles, groups }, onClose }: Editing) {
  const [user, setUser] = useState<UserValues>({ name, email: email ?? '', roles });
  const update = useChange(UpdateUser, {
    onDone: () => {
      notify(`Changed the user ${username}.`);
      onClose();
    },
  });
  const changed = !sameRoles(user.roles, roles);
  const submit = () =>
    update.mutate({
      input: {
        id,
        // The dialog sends only changed fields. The dialog therefore does not overwrite concurrent changes of other fields by other users.
        ...(user.name.trim() !== name && { name: user.name.trim() }),
        ...(user.email.trim() !== (email ?? '') && { email: user.email.trim() || null }),
        ...(changed && { roles: user.roles }),
      },
    });
  return (
    <DialogForm
      submit="Save"
      entered={changed || user.name !== name || user.email !== (email ?? '')}
      busy={update.isPending}
      problem={update.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <UserFields value={user} onChange={setUser} inGroup={groups.length > 0} problem={update.error} />
      <RolesPreview subject={{ id, roles }} roles={user.roles} />
    </DialogForm>
  );
}

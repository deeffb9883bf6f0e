import { Text } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import type { Subject } from '../access/subjects.ts';
import { useChange } from '../api/queries.ts';
import { type Access, type PermissionRowFragment, RevokePermission } from '../generated/operations.ts';
import { AccessPicks } from '../parts/access.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { targetAgain, targetName } from './target.ts';

export interface Revoking {
  subject: Subject;
  permission: Pick<PermissionRowFragment, 'id' | 'target' | 'access'>;
}

/** Dialog that revokes some or all accesses of a permission. The dialog first shows who would lose access. */
export function RevokeDialog({
  subject,
  permission,
  opened,
  onClose,
}: Revoking & { opened: boolean; onClose: () => void }) {
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      title={`Revoke permission of ${subject.name} on ${targetName(permission)}`}
    >
      <RevokeForm subject={subject} permission={permission} onClose={onClose} />
    </Dialog>
  );
}

function RevokeForm({ subject, permission, onClose }: Revoking & { onClose: () => void }) {
  const { id: permissionId, target } = permission;
  const [access, setAccess] = useState<Access[]>(() => [...permission.access]);
  const [checked, setChecked] = useState(false);
  const revoke = useChange(RevokePermission, {
    restarts: ['SubjectPermissions', 'SecretAccess'],
    onDone: () => {
      notify(`Revoked ${access.join(', ')} on ${targetName(permission)} from ${subject.name}.`);
      onClose();
    },
  });
  // The mutation revokes only the grant `permission`. Other users may have granted the same access. The mutation does not revoke their
  // grants, because the viewer may not be allowed to revoke those grants.
  const input = { subjectId: subject.id, target: targetAgain(permission), access, permissionId };
  const changes = access.length > 0 && target.__typename !== 'Resource' ? [{ revoke: input }] : [];
  const { seen, onShown } = useSeen(changes);

  return (
    <DialogForm
      submit="Revoke"
      dangerous
      busy={revoke.isPending}
      waits={changes.length > 0 && !seen}
      entered={false}
      problem={revoke.error}
      onSubmit={() => {
        setChecked(true);
        if (access.length > 0) revoke.mutate({ input });
      }}
      onCancel={onClose}
    >
      <AccessPicks
        label="Access to revoke"
        among={permission.access}
        value={access}
        onChange={setAccess}
        error={checked && access.length === 0 ? 'Choose at least one access.' : undefined}
      />
      {target.__typename === 'Resource' ? (
        <Text size="sm" c="dimmed">
          This permission applies to a workflow engine. If you revoke the permission, nobody loses access to a secret.
        </Text>
      ) : (
        <AccessPreview changes={changes} onShown={onShown} />
      )}
    </DialogForm>
  );
}

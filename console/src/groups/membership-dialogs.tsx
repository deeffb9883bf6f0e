import { Text } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { type Subject, SubjectSelect } from '../access/subject-select.tsx';
import { useChange } from '../api/queries.ts';
import { AddGroupMember, RemoveGroupMember } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/** Whom or what it is known already; the other one is chosen. */
type Known = { group: Subject; principal?: undefined } | { principal: Subject; group?: undefined };

/** Lets somebody into a group, after showing what that gives. */
export function JoinDialog({ opened, onClose, ...known }: Known & Opened) {
  const title = known.group ? `Add a member to ${known.group.name}` : `Add ${known.principal.name} to a group`;
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <JoinForm known={known} onClose={onClose} />
    </Dialog>
  );
}

function JoinForm({ known, onClose }: { known: Known; onClose: () => void }) {
  const [chosen, setChosen] = useState<Subject | null>(null);
  const [checked, setChecked] = useState(false);
  const group = known.group ?? chosen;
  const principal = known.principal ?? chosen;
  const add = useChange(AddGroupMember, {
    restarts: ['GroupMembers'],
    onDone: () => {
      notify(`${principal?.name} is in ${group?.name}.`);
      onClose();
    },
  });
  const changes =
    group === null || principal === null ? [] : [{ addMember: { groupId: group.id, principalId: principal.id } }];
  const { seen, onShown } = useSeen(changes);
  return (
    <DialogForm
      submit="Add"
      busy={add.isPending}
      waits={changes.length > 0 && !seen}
      entered={chosen !== null}
      problem={add.error}
      onSubmit={() => {
        setChecked(true);
        if (group !== null && principal !== null) add.mutate({ groupId: group.id, principalId: principal.id });
      }}
      onCancel={onClose}
    >
      <SubjectSelect
        label={known.group ? 'User or application' : 'Group'}
        kinds={known.group ? ['user', 'application'] : ['group']}
        value={chosen}
        onChange={setChosen}
        error={checked && chosen === null ? 'Choose one.' : undefined}
      />
      <AccessPreview changes={changes} onShown={onShown} />
    </DialogForm>
  );
}

/** Puts somebody out of a group, after showing what that takes. */
export function LeaveDialog({ group, principal, opened, onClose }: Opened & { group: Subject; principal: Subject }) {
  const remove = useChange(RemoveGroupMember, {
    restarts: ['GroupMembers'],
    onDone: () => {
      notify(`${principal.name} is no longer in ${group.name}.`);
      onClose();
    },
  });
  const membership = { groupId: group.id, principalId: principal.id };
  const changes = [{ removeMember: membership }];
  const { seen, onShown } = useSeen(changes);
  return (
    <ConfirmDialog
      opened={opened}
      title={`Remove ${principal.name} from ${group.name}?`}
      confirm="Remove"
      busy={remove.isPending}
      waits={!seen}
      problem={remove.error}
      onConfirm={() => remove.mutate(membership)}
      onClose={() => {
        remove.reset();
        onClose();
      }}
    >
      <Text size="sm">What {principal.name} has by this group ends at once. What it has in other ways stays.</Text>
      {opened && <AccessPreview changes={changes} onShown={onShown} />}
    </ConfirmDialog>
  );
}

import { Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { SubjectSelect } from '../access/subject-select.tsx';
import type { Subject } from '../access/subjects.ts';
import { SubjectsSelect } from '../access/subjects-select.tsx';
import { useChange } from '../api/queries.ts';
import { AddGroupMembers, RemoveGroupMember } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/**
 * Dialog that adds users and applications to a group. The dialog first shows which access the new members would gain. The user cannot
 * select a principal that is already a member.
 */
export function AddMembersDialog({
  group,
  members,
  opened,
  onClose,
}: Opened & { group: Subject; members: readonly Subject[] }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Add members to ${group.name}`}>
      <AddMembersForm group={group} members={members} onClose={onClose} />
    </Dialog>
  );
}

function AddMembersForm({
  group,
  members,
  onClose,
}: {
  group: Subject;
  members: readonly Subject[];
  onClose: () => void;
}) {
  const [chosen, setChosen] = useState<readonly Subject[]>([]);
  return (
    <JoinForm
      joins={chosen.map((principal) => ({ group, principal }))}
      done={`Added ${chosen.length === 1 ? chosen[0]?.name : `${chosen.length} members`} to ${group.name}.`}
      onClose={onClose}
    >
      {(error) => (
        <SubjectsSelect
          label="Users and applications"
          kinds={['user', 'application']}
          taken={members}
          why="already a member"
          value={chosen}
          onChange={setChosen}
          error={error}
        />
      )}
    </JoinForm>
  );
}

/** Dialog that adds a principal to a group. The dialog first shows which access the principal would gain. */
export function JoinDialog({ principal, opened, onClose }: Opened & { principal: Subject }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Add ${principal.name} to a group`}>
      <JoinGroupForm principal={principal} onClose={onClose} />
    </Dialog>
  );
}

function JoinGroupForm({ principal, onClose }: { principal: Subject; onClose: () => void }) {
  const [group, setGroup] = useState<Subject | null>(null);
  return (
    <JoinForm
      joins={group === null ? [] : [{ group, principal }]}
      done={`Added ${principal.name} to ${group?.name}.`}
      onClose={onClose}
    >
      {(error) => <SubjectSelect label="Group" kinds={['group']} value={group} onChange={setGroup} error={error} />}
    </JoinForm>
  );
}

/**
 * Dialog for adding members. `joins` contains the new memberships. A membership has a principal and a group. All memberships have the same
 * group.
 */
function JoinForm({
  joins,
  done,
  onClose,
  children,
}: {
  joins: readonly { group: Subject; principal: Subject }[];
  /** The text of the notification that the dialog shows after success. */
  done: string;
  onClose: () => void;
  /** Renders the selection field with the error message `error`. */
  children: (error: string | undefined) => ReactNode;
}) {
  const [checked, setChecked] = useState(false);
  const add = useChange(AddGroupMembers, {
    restarts: ['GroupMembers'],
    onDone: () => {
      notify(done);
      onClose();
    },
  });
  const changes = joins.map(({ group, principal }) => ({
    addMember: { groupId: group.id, principalId: principal.id },
  }));
  const { seen, onShown } = useSeen(changes);
  return (
    <DialogForm
      submit="Add"
      busy={add.isPending}
      waits={changes.length > 0 && !seen}
      entered={changes.length > 0}
      problem={add.error}
      onSubmit={() => {
        setChecked(true);
        const [first] = joins;
        if (first) add.mutate({ groupId: first.group.id, principalIds: joins.map(({ principal }) => principal.id) });
      }}
      onCancel={onClose}
    >
      {children(checked && joins.length === 0 ? 'Select a principal or a group first.' : undefined)}
      <AccessPreview changes={changes} onShown={onShown} />
    </DialogForm>
  );
}

/** Dialog that removes a principal from a group. The dialog first shows which access the principal would lose. */
export function LeaveDialog({ group, principal, opened, onClose }: Opened & { group: Subject; principal: Subject }) {
  const remove = useChange(RemoveGroupMember, {
    restarts: ['GroupMembers'],
    onDone: () => {
      notify(`Removed ${principal.name} from ${group.name}.`);
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
      change={remove}
      waits={!seen}
      onConfirm={() => remove.mutate(membership)}
      onClose={onClose}
    >
      <Text size="sm">
        {principal.name} immediately loses the access of this group. Other access of {principal.name} stays unchanged.
      </Text>
      {opened && <AccessPreview changes={changes} onShown={onShown} />}
    </ConfirmDialog>
  );
}

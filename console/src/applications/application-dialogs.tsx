import { Text } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import {
  type ApplicationByIdQuery,
  CreateApplication,
  DeleteApplication,
  UpdateApplication,
} from '../generated/operations.ts';
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
import { LossPreview } from '../permissions/loss-preview.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { roleRefusal } from './application.ts';

type Application = NonNullable<ApplicationByIdQuery['application']>;

const ABOUT_ROLES = 'Most applications need only permissions and no roles.';

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/** Calls `onDone` with the id of the new application. */
export function CreateApplicationDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add application">
      <CreateApplicationForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateApplicationForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const viewer = useViewer();
  const [application, setApplication] = useState(NOTHING_ENTERED);
  const create = useChange(CreateApplication, {
    restarts: ['Applications'],
    onDone: ({ createApplication }) => {
      onClose();
      notify(`Created the application ${application.name.trim()}.`);
      if (createApplication !== null) onDone(createApplication.application.id);
    },
  });
  const submit = () => create.mutate({ input: createInput(application) });
  return (
    <DialogForm
      submit="Add"
      entered={isEntered(application)}
      busy={create.isPending}
      problem={create.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <DescribedFields
        aboutRoles={ABOUT_ROLES}
        refusal={roleRefusal(viewer, { inGroup: false })}
        value={application}
        onChange={setApplication}
        problem={create.error}
      />
    </DialogForm>
  );
}

export function EditApplicationDialog({ application, opened, onClose }: Opened & { application: Application }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit ${application.name}`}>
      <EditApplicationForm application={application} onClose={onClose} />
    </Dialog>
  );
}

function EditApplicationForm({ application: stored, onClose }: { application: Application; onClose: () => void }) {
  const { id, roles, groups } = stored;
  const before = describedOf(stored);
  const viewer = useViewer();
  const sees = readsAll(viewer);
  const [application, setApplication] = useState(before);
  const update = useChange(UpdateApplication, {
    onDone: () => {
      notify(`Changed the application ${application.name.trim()}.`);
      onClose();
    },
  });
  const changed = !sameRoles(application.roles, roles);
  const submit = () => update.mutate({ input: { id, ...changedIn(application, before) } });
  return (
    <DialogForm
      submit="Save"
      entered={isEntered(application, before)}
      busy={update.isPending}
      problem={update.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <DescribedFields
        aboutRoles={ABOUT_ROLES}
        refusal={roleRefusal(viewer, { inGroup: groups.length > 0 })}
        value={application}
        onChange={setApplication}
        problem={update.error}
      />
      <AccessPreview changes={changed && sees ? [{ setRoles: { subjectId: id, roles: application.roles } }] : []} />
    </DialogForm>
  );
}

export function DeleteApplicationDialog({
  application,
  opened,
  onClose,
  onDone,
}: Opened & { application: Application; onDone: () => void }) {
  const { id, name } = application;
  const [seen, setSeen] = useState(false);
  const remove = useChange(DeleteApplication, {
    drops: () => [id],
    onDone: () => {
      notify(`Deleted the application ${name}.`);
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
        This also deletes its access keys, group memberships, roles and permissions. The gateway immediately refuses
        programs that use one of its keys. You cannot undo this. Secrets are not deleted.
      </Text>
      {opened && <LossPreview subject={application} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

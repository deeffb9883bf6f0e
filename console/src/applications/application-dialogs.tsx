import { Text } from '@mantine/core';
import { useState } from 'react';
import { RolesPreview } from '../access/access-preview.tsx';
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
  type Described,
  DescribedForm,
  describedOf,
  type RoleRules,
} from '../parts/described-form.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { LossPreview } from '../permissions/loss-preview.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { roleRefusal } from './application.ts';

type Application = NonNullable<ApplicationByIdQuery['application']>;

function useRules(now: { inGroup: boolean }): RoleRules {
  return {
    aboutRoles: 'Most applications need permissions, but no roles.',
    refusal: roleRefusal(useViewer(), now),
  };
}

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/** Dialog that creates an application. After success the dialog calls `onDone` with the id of the new application. */
export function CreateApplicationDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add application">
      <CreateApplicationForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateApplicationForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const rules = useRules({ inGroup: false });
  const create = useChange(CreateApplication, {
    restarts: ['Applications'],
    onDone: ({ createApplication }, { input }) => {
      onClose();
      notify(`Created the application ${input.name}.`);
      if (createApplication !== null) onDone(createApplication.application.id);
    },
  });
  const submit = (application: Described) => create.mutate({ input: createInput(application) });
  return <DescribedForm submit="Add" rules={rules} change={create} onSubmit={submit} onCancel={onClose} />;
}

export function EditApplicationDialog({ application, opened, onClose }: Opened & { application: Application }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit ${application.name}`}>
      <EditApplicationForm application={application} onClose={onClose} />
    </Dialog>
  );
}

function EditApplicationForm({ application, onClose }: { application: Application; onClose: () => void }) {
  const { id, name, groups } = application;
  const before = describedOf(application);
  const rules = useRules({ inGroup: groups.length > 0 });
  const sees = readsAll(useViewer());
  const update = useChange(UpdateApplication, {
    onDone: (_, { input }) => {
      notify(`Changed the application ${input.name ?? name}.`);
      onClose();
    },
  });
  const submit = (entered: Described) => update.mutate({ input: { id, ...changedIn(entered, before) } });
  return (
    <DescribedForm submit="Save" before={before} rules={rules} change={update} onSubmit={submit} onCancel={onClose}>
      {({ roles }) => sees && <RolesPreview subject={application} roles={roles} />}
    </DescribedForm>
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
      change={remove}
      waits={!seen}
      onConfirm={() => remove.mutate({ id })}
      onClose={onClose}
    >
      <Text size="sm">
        The gateway also deletes the access keys, group memberships, roles and permissions of the application. Programs
        that use one of these access keys immediately lose access. You cannot undo the deletion. The deletion of an
        application does not delete any secrets.
      </Text>
      {opened && <LossPreview subject={application} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

import { Text, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { AccessPreview } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import {
  type ApplicationByIdQuery,
  CreateApplication,
  DeleteApplication,
  type Role,
  UpdateApplication,
} from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { RolePicks, sameRoles } from '../parts/roles.tsx';
import { LossPreview } from '../permissions/loss-preview.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { roleRefusal } from './application.ts';

type Application = NonNullable<ApplicationByIdQuery['application']>;

interface Opened {
  opened: boolean;
  onClose: () => void;
}

/** `onDone` is told the id of the new application. */
export function CreateApplicationDialog({ opened, onClose, onDone }: Opened & { onDone: (id: string) => void }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add application">
      <CreateApplicationForm onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function CreateApplicationForm({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const [application, setApplication] = useState<Values>({ name: '', description: '', roles: [] });
  const create = useChange(CreateApplication, {
    restarts: ['Applications'],
    onDone: ({ createApplication }) => {
      onClose();
      notify(`The application ${application.name.trim()} was made.`);
      if (createApplication !== null) onDone(createApplication.application.id);
    },
  });
  const { name, description, roles } = application;
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
      <Fields value={application} onChange={setApplication} inGroup={false} problem={create.error} />
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

function EditApplicationForm({ application: before, onClose }: { application: Application; onClose: () => void }) {
  const { id, name, description, roles, groups } = before;
  const sees = readsAll(useViewer());
  const [application, setApplication] = useState<Values>({ name, description: description ?? '', roles });
  const update = useChange(UpdateApplication, {
    onDone: () => {
      notify(`The application ${application.name.trim()} was changed.`);
      onClose();
    },
  });
  const changed = !sameRoles(application.roles, roles);
  const submit = () =>
    update.mutate({
      input: {
        id,
        // What somebody else changes meanwhile stays.
        ...(application.name.trim() !== name && { name: application.name.trim() }),
        ...(application.description.trim() !== (description ?? '') && {
          description: application.description.trim() || null,
        }),
        ...(changed && { roles: application.roles }),
      },
    });
  return (
    <DialogForm
      submit="Save"
      entered={changed || application.name !== name || application.description !== (description ?? '')}
      busy={update.isPending}
      problem={update.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <Fields value={application} onChange={setApplication} inGroup={groups.length > 0} problem={update.error} />
      <AccessPreview changes={changed && sees ? [{ setRoles: { subjectId: id, roles: application.roles } }] : []} />
    </DialogForm>
  );
}

interface Values {
  name: string;
  description: string;
  roles: Role[];
}

function Fields({
  value,
  onChange,
  inGroup,
  problem,
}: {
  value: Values;
  onChange: (value: Values) => void;
  inGroup: boolean;
  problem: unknown;
}) {
  const viewer = useViewer();
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
        description="Most applications need none: permissions are enough."
        value={value.roles}
        onChange={(roles) => onChange({ ...value, roles })}
        refusal={roleRefusal(viewer, { inGroup })}
        error={fieldError(problem, 'roles')}
      />
    </>
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
      notify(`The application ${name} was deleted.`);
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
        With it go its access keys, its memberships, its roles and its permissions: what runs with one of its keys is
        refused at once. It cannot be brought back; the secrets stay.
      </Text>
      {opened && <LossPreview subject={application} onSeen={setSeen} />}
    </ConfirmDialog>
  );
}

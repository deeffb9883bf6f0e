import { Button, Group, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useChange } from '../api/queries.ts';
import { UpdateSecret, type UpdateSecretInput } from '../generated/operations.ts';
import { MAX_DESCRIPTION_LENGTH } from '../limits.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useEntered } from '../parts/entered.tsx';
import { MomentField } from '../parts/moment-field.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError, ProblemAlert } from '../parts/problem-alert.tsx';

interface Props {
  secret: { name: string; description: string | null; expiresAt: string | null };
  onClose: () => void;
}

/** Dialog that changes the description and the expiry time of a secret. */
export function DetailsDialog({ secret, opened, onClose }: Props & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit description and expiry of ${secret.name}`} size="md">
      <Form secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function Form({ secret, onClose }: Props) {
  const [before] = useState(() => ({
    description: secret.description ?? '',
    expires: secret.expiresAt ?? '',
  }));
  const [description, setDescription] = useState(before.description);
  const [expires, setExpires] = useState(before.expires);
  const update = useChange(UpdateSecret, {
    onDone() {
      onClose();
      notify(`Saved the description and expiry of ${secret.name}.`);
    },
  });
  // The dialog sends only changed fields. The dialog therefore does not overwrite concurrent changes of other fields by other users.
  const changes: Omit<UpdateSecretInput, 'name'> = {
    ...(description !== before.description && { description: description === '' ? null : description }),
    ...(expires !== before.expires && { expiresAt: expires === '' ? null : expires }),
  };
  useEntered(Object.keys(changes).length > 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!update.isPending) update.mutate({ input: { name: secret.name, ...changes } });
  };
  const atDescription = fieldError(update.error, 'description');
  const atExpiry = fieldError(update.error, 'expiresAt');
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea
          label="Description"
          description="Describe the purpose of the secret. Do not enter the value here, because everyone who can see the secret can read the description."
          autosize
          minRows={3}
          maxRows={10}
          maxLength={MAX_DESCRIPTION_LENGTH}
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          error={atDescription}
        />
        <MomentField
          label="Expires"
          description="After the expiry time, nobody can reveal or use the value."
          ends
          value={expires}
          onChange={setExpires}
          error={atExpiry}
        />
        {atDescription === undefined && atExpiry === undefined && <ProblemAlert problem={update.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={update.isPending} disabled={Object.keys(changes).length === 0}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Button, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Problem } from '../api/problem.ts';
import { useAsk, useChange } from '../api/queries.ts';
import { NewestVersion, RotateSecret } from '../generated/operations.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useEntered } from '../parts/entered.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError, ProblemAlert } from '../parts/problem-alert.tsx';
import { fromNow } from '../parts/time.tsx';
import { isChosen, NOT_CHOSEN, ValueChoice } from './value-choice.tsx';

interface Props {
  /** `version` is the number of the secret's current version at the time when the dialog opens. */
  secret: { name: string; version: number };
  onClose: () => void;
}

/**
 * Dialog that rotates a secret. The user enters or generates the new value. If another user rotates the secret in the meantime, the dialog
 * asks the user before it replaces the newer version.
 */
export function NewValueDialog({ secret, opened, onClose }: Props & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Rotate ${secret.name}`} size="md">
      <Form secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function Form({ secret, onClose }: Props) {
  const { name } = secret;
  // The dialog sends the number of the version that was current when the dialog opened. With this number, the gateway can detect that
  // another user has rotated the secret in the meantime.
  const [expectedVersion, setExpected] = useState(secret.version);
  const [choice, setChoice] = useState(NOT_CHOSEN);
  const { how, value, generate } = choice;
  useEntered(value !== '');
  const rotate = useChange(RotateSecret, {
    onDone({ rotateSecret }) {
      onClose();
      if (rotateSecret == null) return;
      const { secret, changed } = rotateSecret;
      notify(
        changed
          ? `Rotated ${name} to version ${secret.version}.`
          : `The secret ${name} already has the new value. Version ${secret.version} stays current.`,
      );
    },
  });
  const save = (version: number) => {
    if (rotate.isPending) return;
    setExpected(version);
    rotate.mutate({
      input: { name, expectedVersion: version, ...(how === 'enter' ? { value } : { generate }) },
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save(expectedVersion);
  };
  const overtaken = rotate.error instanceof Problem && rotate.error.code === 'VERSION_CONFLICT';
  const atValue = fieldError(rotate.error, 'value');
  const atLength = fieldError(rotate.error, 'length', 'generate');
  return (
    <form onSubmit={submit}>
      <Stack>
        <ValueChoice
          label="New value"
          made="The gateway generates the value. The console does not show the generated value. Anyone with READ access to the secret can reveal the value later."
          choice={choice}
          onChange={setChoice}
          errors={{ value: atValue, length: atLength }}
        />
        {overtaken ? (
          <Overtaken name={name} busy={rotate.isPending} onReplace={save} />
        ) : (
          atValue === undefined && atLength === undefined && <ProblemAlert problem={rotate.error} />
        )}
        <Text size="sm" c="dimmed">
          Version {expectedVersion} stays available for reveals and rollbacks until a user or the gateway destroys the
          version.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={rotate.isPending} disabled={!isChosen(choice) || overtaken}>
            {how === 'enter' ? 'Save' : 'Generate'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Alert that says who rotated the secret while the dialog was open, and when. A button in the alert rotates the secret anyway. */
function Overtaken({ name, busy, onReplace }: { name: string; busy: boolean; onReplace: (version: number) => void }) {
  const { data } = useAsk(NewestVersion, { name }, { refetchInterval: 5_000 });
  const newest = data?.secret;
  const by = newest?.updatedBy ? `by ${newest.updatedBy.name}, ` : '';
  return (
    <Stack gap="xs">
      <ProblemAlert
        problem={new Problem('VERSION_CONFLICT', '')}
        words={{
          VERSION_CONFLICT: {
            title: 'Someone else changed this secret',
            text: newest
              ? `The secret was changed ${by}${fromNow(new Date(newest.updatedAt))}. The current version is ${newest.version}. The gateway did not save your new value. You do not lose your input.`
              : 'The secret has a newer version. The gateway did not save your new value. You do not lose your input.',
          },
        }}
      />
      {newest && (
        <Button variant="default" loading={busy} onClick={() => onReplace(newest.version)}>
          Replace version {newest.version}
        </Button>
      )}
    </Stack>
  );
}

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
  /** `version` is the number of the version that is current when the dialog opens. */
  secret: { name: string; version: number };
  onClose: () => void;
}

/** Rotates a secret to an entered or generated value. The dialog replaces no version that the user has not seen. */
export function NewValueDialog({ secret, opened, onClose }: Props & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Rotate ${secret.name}`} size="md">
      <Form secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function Form({ secret, onClose }: Props) {
  const { name } = secret;
  // Sends the version that was current when the dialog opened. If the dialog sent the number of a later version, the gateway would not
  // report that another user had rotated the secret in the meantime.
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
          : `${name} already has this value: version ${secret.version} stays current.`,
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
          made="The gateway generates the value, and does not show it. Anyone with READ can reveal it afterwards."
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
          Version {expectedVersion} is kept for reveals and rollbacks until it is destroyed.
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

/** Says who rotated the secret while the dialog was open, and when. A button rotates the secret anyway. */
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
            title: 'Someone else changed this',
            text: newest
              ? `The secret was changed ${by}${fromNow(new Date(newest.updatedAt))}. Its current version is ${newest.version}. Nothing was overwritten. Your input is kept.`
              : 'The secret has a newer version. Nothing was overwritten. Your input is kept.',
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

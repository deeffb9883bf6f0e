import { Alert, Button, Group, Stack, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useLocation } from 'wouter';
import { Problem } from '../api/problem.ts';
import { useChange } from '../api/queries.ts';
import { CreateSecret } from '../generated/operations.ts';
import { MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH } from '../limits.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useEntered } from '../parts/entered.tsx';
import { MomentField } from '../parts/moment-field.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError, ProblemAlert } from '../parts/problem-alert.tsx';
import { randomText } from '../parts/random-text.ts';
import { TagsField, tagOf, tagProblem } from '../parts/tags.tsx';
import { ALPHABETS } from './alphabets.ts';
import type { Creation } from './may-create.ts';
import { isChosen, NOT_CHOSEN, ValueChoice } from './value-choice.tsx';

interface Props {
  creation: Creation;
  onClose: () => void;
}

/** Dialog that creates a secret. */
export function AddDialog({ opened, creation, onClose }: Props & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title="Add secret">
      <Form creation={creation} onClose={onClose} />
    </Dialog>
  );
}

function Form({ creation: { anything, granted }, onClose }: Props) {
  const [, go] = useLocation();
  const [name, setName] = useState('');
  const [choice, setChoice] = useState(NOT_CHOSEN);
  const { how, value, generate } = choice;
  const [description, setDescription] = useState('');
  const [begun] = useState(granted?.names.length === 0 && granted.tags.length === 1 ? granted.tags : []);
  const [tags, setTags] = useState(begun);
  const [expiresAt, setExpiresAt] = useState('');
  const create = useChange(CreateSecret, {
    restarts: ['Secrets'],
    onDone() {
      onClose();
      // The notification links to the new secret, because filters or the length of the list may hide the secret.
      notify(`Added ${name}.`, { label: 'Open', run: () => go(`/secrets/${name}`) });
    },
  });
  useEntered(name + value + description + expiresAt !== '' || tags.join() !== begun.join());
  const wrongName = /^[\w-]*$/.test(name) ? undefined : 'Use only these characters: A-Z a-z 0-9 _ -';
  const wrong = wrongName !== undefined || tags.some((tag) => tagProblem(tag) !== undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending || wrong || (how === 'generate' && !isChosen(choice))) return;
    create.mutate({
      input: {
        name,
        value: how === 'enter' ? value : randomText(ALPHABETS[generate.alphabet].characters, generate.length),
        tags: tags.map(tagOf),
        ...(description.trim() !== '' && { description: description.trim() }),
        ...(expiresAt !== '' && { expiresAt }),
      },
    });
  };
  const { error } = create;
  const taken = error instanceof Problem && error.code === 'NAME_TAKEN';
  const errors = {
    name: taken
      ? 'A secret with this name already exists. You may not be allowed to see that secret. Choose another name.'
      : fieldError(error, 'name'),
    value: fieldError(error, 'value'),
    description: fieldError(error, 'description'),
    tags: fieldError(error, 'tags'),
    expiresAt: fieldError(error, 'expiresAt'),
  };
  const isAtField = Object.values(errors).some((text) => text !== undefined);
  return (
    <form onSubmit={submit}>
      <Stack>
        {!anything && <Limits granted={granted} />}
        <TextInput
          label="Secret name"
          description={`Use 1 to ${MAX_NAME_LENGTH} of these characters: A-Z a-z 0-9 _ -. Workflows refer to a secret by its name.`}
          required
          maxLength={MAX_NAME_LENGTH}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          data-autofocus
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          error={wrongName ?? errors.name}
        />
        <ValueChoice
          label="Secret value"
          made="Your browser generates the value when you add the secret. The console does not show the generated value. Anyone with READ access to the secret can reveal the value later."
          choice={choice}
          onChange={setChoice}
          errors={how === 'enter' ? { value: errors.value } : { length: errors.value }}
        />
        <Textarea
          label="Description"
          description="Describe the purpose of the secret. Do not enter the value here, because everyone who can see the secret can read the description."
          autosize
          minRows={1}
          maxRows={5}
          maxLength={MAX_DESCRIPTION_LENGTH}
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          error={errors.description}
        />
        <TagsField value={tags} onChange={setTags} error={errors.tags} />
        <MomentField
          label="Expires"
          description="After the expiry time, nobody can reveal or use the value."
          ends
          value={expiresAt}
          onChange={setExpiresAt}
          error={errors.expiresAt}
        />
        {!isAtField && <ProblemAlert problem={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={wrong}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/**
 * Note for a viewer without a role that allows the creation of secrets. The note says which secrets the viewer may create because of
 * grants.
 */
function Limits({ granted }: Pick<Creation, 'granted'>) {
  const limits = [
    ...(granted?.tags ?? []).map((tag) => `with the tag ${tag}`),
    ...(granted?.names ?? []).map((name) => `named ${name}`),
  ];
  return (
    <Alert color="cyan" title="You can add only some secrets">
      {limits.length > 0
        ? `You can add only secrets ${limits.join(', or ')}.`
        : 'None of your roles allows you to create any secret. You can add a secret only if a grant gives you CREATE access to its name or to one of its tags.'}
    </Alert>
  );
}

import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { useSensitiveChange } from '../api/sensitive-change.ts';
import { CreateUser } from '../generated/operations.ts';
import { MAX_NAME_LENGTH } from '../limits.ts';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { sameRoles } from '../parts/roles.tsx';
import { useAskBeforeLeaving } from '../parts/shown-once.tsx';
import { type PasswordChoice, PasswordChoiceFields, passwordOf } from './password-choice.tsx';
import { PasswordOnce } from './password-once.tsx';
import { UserFields, type UserValues } from './user-fields.tsx';

interface Made {
  id: string;
  username: string;
  password: string;
}

const EMPTY: UserValues = { name: '', email: '', roles: ['USER'] };
const GENERATED: PasswordChoice = { how: 'generate', typed: '' };

/**
 * Dialog that creates a user. If the console generates the password, the dialog shows the password once. After success the dialog calls
 * `onDone` with the id of the new user.
 */
export function CreateUserDialog({
  opened,
  onClose,
  onDone,
}: {
  opened: boolean;
  onClose: () => void;
  onDone: (id: string) => void;
}) {
  const [made, setMade] = useState<Made>();
  const [busy, setBusy] = useState(false);
  useAskBeforeLeaving(made !== undefined);
  const finish = (id: string) => {
    setMade(undefined);
    onClose();
    onDone(id);
  };
  return (
    <Dialog
      opened={opened}
      onClose={onClose}
      deliberate={busy || made !== undefined}
      title={made === undefined ? 'Add user' : `Save the password of ${made.username}`}
    >
      {made !== undefined ? (
        <PasswordOnce username={made.username} password={made.password} onDone={() => finish(made.id)} />
      ) : (
        opened && (
          <CreateUserForm
            onBusy={setBusy}
            onMade={(user, generated) => {
              if (generated === null) finish(user.id);
              else setMade({ ...user, password: generated });
            }}
            onCancel={onClose}
          />
        )
      )}
    </Dialog>
  );
}

function CreateUserForm({
  onBusy,
  onMade,
  onCancel,
}: {
  onBusy: (busy: boolean) => void;
  /**
   * `generated` is the password that the console generated. `generated` is null if the administrator entered a password or chose no
   * password.
   */
  onMade: (user: { id: string; username: string }, generated: string | null) => void;
  onCancel: () => void;
}) {
  const [username, setUsername] = useState('');
  const [user, setUser] = useState(EMPTY);
  const [choice, setChoice] = useState(GENERATED);
  const { busy, problem, run } = useSensitiveChange(CreateUser, { restarts: ['Users'] });
  const submit = async () => {
    onBusy(true);
    const password = passwordOf(choice);
    const answer = await run({
      input: {
        username: username.trim(),
        name: user.name.trim() || username.trim(),
        email: user.email.trim() || null,
        roles: user.roles,
        password,
      },
    });
    onBusy(false);
    if (!answer?.createUser) return;
    notify(`Created the user ${answer.createUser.user.username}.`);
    onMade(answer.createUser.user, choice.how === 'generate' ? password : null);
  };
  return (
    <DialogForm
      submit="Add"
      entered={username + user.name + user.email + choice.typed !== '' || !sameRoles(user.roles, EMPTY.roles)}
      busy={busy}
      problem={problem}
      onSubmit={() => void submit()}
      onCancel={onCancel}
    >
      <TextInput
        label="Username"
        description="The user signs in with the username. You cannot change the username later."
        required
        maxLength={MAX_NAME_LENGTH}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        data-autofocus
        value={username}
        onChange={({ currentTarget }) => setUsername(currentTarget.value)}
        error={fieldError(problem, 'username')}
      />
      <UserFields value={user} onChange={setUser} inGroup={false} problem={problem} />
      <PasswordChoiceFields value={choice} onChange={setChoice} error={fieldError(problem, 'password')} />
    </DialogForm>
  );
}

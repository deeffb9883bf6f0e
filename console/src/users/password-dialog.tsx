import { Text } from '@mantine/core';
import { useState } from 'react';
import { useSensitiveChange } from '../api/sensitive-change.ts';
import { UpdateUser } from '../generated/operations.ts';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { useAskBeforeLeaving } from '../parts/shown-once.tsx';
import { useViewer } from '../session/viewer.ts';
import { type PasswordChoice, PasswordChoiceFields, passwordOf } from './password-choice.tsx';
import { PasswordOnce } from './password-once.tsx';

const GENERATED: PasswordChoice = { how: 'generate', typed: '' };

/** Dialog that sets or removes the password of a user. If the console generates the password, the dialog shows the password once. */
export function PasswordDialog({
  user,
  opened,
  onClose,
}: {
  user: { id: string; username: string };
  opened: boolean;
  onClose: () => void;
}) {
  const viewer = useViewer();
  const [choice, setChoice] = useState(GENERATED);
  const [made, setMade] = useState<string>();
  const { busy, problem, run, reset } = useSensitiveChange(UpdateUser);
  useAskBeforeLeaving(made !== undefined);
  const close = () => {
    setMade(undefined);
    setChoice(GENERATED);
    reset();
    onClose();
  };
  const submit = async () => {
    const password = passwordOf(choice);
    const answer = await run({ input: { id: user.id, password } });
    if (!answer?.updateUser) return;
    if (choice.how === 'generate' && password !== null) {
      setMade(password);
      return;
    }
    notify(
      password === null ? `Removed the password of ${user.username}.` : `Set a new password for ${user.username}.`,
    );
    close();
  };
  return (
    <Dialog
      opened={opened}
      onClose={close}
      deliberate={busy || made !== undefined}
      title={made === undefined ? `Set password of ${user.username}` : `Save the password of ${user.username}`}
    >
      {made !== undefined && <PasswordOnce username={user.username} password={made} onDone={close} />}
      {made === undefined && opened && (
        <DialogForm
          submit="Set password"
          entered={choice.typed !== ''}
          busy={busy}
          problem={problem}
          onSubmit={() => void submit()}
          onCancel={close}
        >
          <Text size="sm">
            {user.id === viewer.id
              ? 'The change of your password ends all your sessions, including this session.'
              : `The change of the password ends all sessions of ${user.username}.`}
          </Text>
          <PasswordChoiceFields value={choice} onChange={setChoice} error={fieldError(problem, 'password')} />
        </DialogForm>
      )}
    </Dialog>
  );
}

import { Button, Checkbox, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { SignIn } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { session, sessionOf } from './session.ts';

/** Username and password. With `username`, only that one can sign in. */
export function SignInForm({ username: only, onDone }: { username?: string; onDone?: () => void }) {
  const [username, setUsername] = useState(only ?? '');
  const [password, setPassword] = useState('');
  const [keep, setKeep] = useState(session.isKept());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();

  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus(), []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(undefined);
    try {
      const { signIn } = await ask(SignIn, { username, password }, { as: undefined });
      if (signIn == null) return;
      session.begin(sessionOf(signIn.token, username), keep);
      onDone?.();
    } catch (error) {
      setPassword('');
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form ref={form} onSubmit={submit}>
      <Stack>
        <ProblemAlert
          problem={problem}
          words={{
            UNAUTHENTICATED: {
              title: 'That did not work',
              text: 'Username and password do not go together, or the user is not active.',
            },
          }}
        />
        <TextInput
          label="Username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          readOnly={only !== undefined}
          value={username}
          onChange={({ currentTarget }) => setUsername(currentTarget.value)}
          data-autofocus={only === undefined || undefined}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={({ currentTarget }) => setPassword(currentTarget.value)}
          data-autofocus={only !== undefined || undefined}
        />
        <Checkbox
          label="Stay signed in while this tab is open"
          description="Without it, loading the page again means signing in again."
          checked={keep}
          onChange={({ currentTarget }) => setKeep(currentTarget.checked)}
        />
        <Button type="submit" loading={busy}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}

import { Button, Checkbox, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { SignIn } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { session, sessionOf } from './session.ts';

/** Sign-in with username and password. With `username`, only this user can sign in. */
export function SignInForm({ username: only, onDone }: { username?: string; onDone?: () => void }) {
  const [username, setUsername] = useState(only ?? '');
  // The input is uncontrolled, because React would write the password in a controlled input into the HTML of the page.
  const password = useRef<HTMLInputElement>(null);
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
      // INVARIANT: only the user whose data the page shows can sign in here. The name is not read from the input, because a browser
      // extension may overwrite a read-only input.
      const who = only ?? username;
      const secret = password.current?.value ?? '';
      const { signIn } = await ask(SignIn, { username: who, password: secret }, { as: undefined });
      if (signIn == null) return;
      session.begin(sessionOf(signIn.token, who), keep);
      onDone?.();
    } catch (error) {
      if (password.current) password.current.value = '';
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
              title: 'Sign-in failed',
              text: 'Wrong username or password, or the user is inactive.',
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
          ref={password}
          visibilityToggleButtonProps={{ 'aria-label': 'Show password' }}
          data-autofocus={only !== undefined || undefined}
        />
        <Checkbox
          label="Stay signed in while this tab is open"
          description="Otherwise, reloading the page signs you out."
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

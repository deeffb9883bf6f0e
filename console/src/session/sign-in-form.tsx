import { Button, Checkbox, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ask } from '../api/ask.ts';
import { SignIn } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { session, sessionOf } from './session.ts';

/**
 * A form in which the user signs in with a username and a password. If `username` is defined, only the user with this username can sign in.
 */
export function SignInForm({ username: only, onDone }: { username?: string; onDone?: () => void }) {
  const [username, setUsername] = useState(only ?? '');
  // React does not control the password input, because React would write the password of a controlled input into the HTML of the page.
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
      // INVARIANT: while the page shows the data of a user, only this user can sign in with the form. The form does not read the username
      // from the read-only input, because a browser extension may overwrite a read-only input.
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
              text: 'The username or the password is wrong, or the user is inactive.',
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
          description="Without this option, you are signed out when you reload the page."
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

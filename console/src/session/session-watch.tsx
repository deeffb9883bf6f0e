import { Affix, Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconClock } from '@tabler/icons-react';
import { useCallback, useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { useFirstEscape } from './first-escape.ts';
import { type Session, session } from './session.ts';
import { SignInForm } from './sign-in-form.tsx';
import { useWarningPlace } from './warning-place.tsx';

const WARNS_MS = 120_000;
/** The CSS z-index of the session warning. The session warning is above all dialogs and notifications. */
const ABOVE_ALL = 1_000;

/** Warns the user before the session ends. After the session has ended, a dialog lets the user sign in again without leaving the page. */
export function SessionWatch({ current, ended }: { current: Session; ended: boolean }) {
  const left = useTimeLeft(current);
  const [renewing, setRenewing] = useState(false);
  const [dismissed, setDismissed] = useState<Session>();
  const opened = ended || renewing;
  useFirstEscape(
    opened,
    useCallback(() => setRenewing(false), []),
  );
  const soon = left <= Math.min(WARNS_MS, current.lifetime / 4);
  useEffect(() => {
    if (left <= 0) session.lost(current);
  }, [left, current]);

  const place = useWarningPlace();
  const warns = soon && !opened && dismissed !== current;
  const warning = (
    <Alert
      color="yellow"
      variant="filled"
      autoContrast
      withCloseButton
      closeButtonLabel="Dismiss"
      onClose={() => setDismissed(current)}
      icon={<IconClock />}
      title={`Your session ends in ${minutes(left)}`}
      role="alert"
      aria-live="polite"
    >
      <Group justify="space-between">
        <Text size="sm">Sign in again to continue. You do not lose your input.</Text>
        <Button size="xs" variant="default" onClick={() => setRenewing(true)}>
          Stay signed in
        </Button>
      </Group>
    </Alert>
  );
  return (
    <>
      {warns &&
        (place === undefined ? (
          // The session warning has a fixed position, so that the warning stays visible when the user scrolls.
          <Affix position={{ bottom: 16, left: 16 }} zIndex={ABOVE_ALL} maw="calc(100% - 32px)">
            {warning}
          </Affix>
        ) : (
          createPortal(warning, place)
        ))}
      <Modal
        opened={opened}
        onClose={() => setRenewing(false)}
        withCloseButton={!ended}
        closeOnClickOutside={!ended}
        closeOnEscape={false}
        zIndex={ABOVE_ALL}
        closeButtonProps={{ 'aria-label': 'Close' }}
        title={ended ? 'Your session has ended' : 'Stay signed in'}
      >
        <Stack>
          {ended && <Text size="sm">Sign in again to continue on this page. You do not lose your input.</Text>}
          <SignInForm key={String(ended)} username={current.username} onDone={() => setRenewing(false)} />
          {ended && (
            <Button variant="subtle" onClick={() => session.end()}>
              Switch user
            </Button>
          )}
        </Stack>
      </Modal>
    </>
  );
}

/** Returns the number of milliseconds until the session ends. The hook updates the number every second. */
function useTimeLeft({ endsAt }: Session): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [endsAt]);
  return endsAt - now;
}

function minutes(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

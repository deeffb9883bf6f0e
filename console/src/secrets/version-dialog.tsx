import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useChange } from '../api/queries.ts';
import { DestroySecretVersion, RollBackSecret } from '../generated/operations.ts';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { notify } from '../parts/notify.tsx';

export interface VersionChange {
  kind: 'rollback' | 'destroy';
  version: number;
}

/** Asks before an earlier version becomes current again, or before its value is destroyed. Closed while there is no `change`. */
export function VersionDialog({
  name,
  current,
  change,
  onClose,
}: {
  name: string;
  current: number;
  change: VersionChange | undefined;
  onClose: () => void;
}) {
  // What it says stays while it closes.
  const [asked, setAsked] = useState<VersionChange & { current: number }>();
  useEffect(() => {
    if (change !== undefined) setAsked({ ...change, current });
  }, [change, current]);
  const rollback = useChange(RollBackSecret, {
    onDone({ rollbackSecret }, { version }) {
      close();
      if (rollbackSecret == null) return;
      const { version: now } = rollbackSecret.secret;
      notify(
        now === current
          ? `${name} has that value already: it stays version ${now}.`
          : `${name} has the value of version ${version} again, as version ${now}.`,
      );
    },
  });
  const destroy = useChange(DestroySecretVersion, {
    onDone(_, { version }) {
      close();
      notify(`Version ${version} of ${name} is destroyed.`);
    },
  });
  const close = () => {
    rollback.reset();
    destroy.reset();
    onClose();
  };
  if (asked === undefined) return null;
  const { version } = asked;
  const shared = { opened: change !== undefined, onClose: close };
  return asked.kind === 'rollback' ? (
    <ConfirmDialog
      {...shared}
      title={`Roll ${name} back to version ${version}?`}
      confirm="Roll back"
      busy={rollback.isPending}
      problem={rollback.error}
      onConfirm={() => rollback.mutate({ name, version })}
    >
      <Text size="sm">
        Its value becomes the current one, as a new version. Whoever uses the secret gets it from then on. Version{' '}
        {asked.current} stays, and can be rolled back to.
      </Text>
    </ConfirmDialog>
  ) : (
    <ConfirmDialog
      {...shared}
      title={`Destroy version ${version} of ${name}?`}
      confirm="Destroy for good"
      busy={destroy.isPending}
      problem={destroy.error}
      onConfirm={() => destroy.mutate({ name, version })}
    >
      <Text size="sm">
        Its value is gone for good: nobody can show it or roll back to it again. That there was such a version stays on
        record.
      </Text>
    </ConfirmDialog>
  );
}

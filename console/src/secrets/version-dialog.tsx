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

/** Dialog that asks the user to confirm a rollback or the destruction of a version. If `change` is undefined, the dialog is closed. */
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
  // The dialog still shows the text of the last change during the closing animation.
  const [asked, setAsked] = useState<VersionChange & { current: number }>();
  useEffect(() => {
    if (change !== undefined) setAsked({ ...change, current });
  }, [change, current]);
  const rollback = useChange(RollBackSecret, {
    onDone({ rollbackSecret }, { version }) {
      onClose();
      if (rollbackSecret == null) return;
      const { version: now } = rollbackSecret.secret;
      notify(
        now === current
          ? `The secret ${name} already has the value of that version. Version ${now} stays current.`
          : `Rolled ${name} back to the value of version ${version}. The new version is ${now}.`,
      );
    },
  });
  const destroy = useChange(DestroySecretVersion, {
    onDone(_, { version }) {
      onClose();
      notify(`Destroyed version ${version} of ${name}.`);
    },
  });
  if (asked === undefined) return null;
  const { version } = asked;
  const shared = { opened: change !== undefined, onClose };
  return asked.kind === 'rollback' ? (
    <ConfirmDialog
      {...shared}
      title={`Roll ${name} back to version ${version}?`}
      confirm="Roll back"
      change={rollback}
      onConfirm={() => rollback.mutate({ name, version })}
    >
      <Text size="sm">
        The value of version {version} becomes the value of a new version. Everyone who uses the secret then gets this
        value. Version {asked.current} stays available, and you can roll back to that version later.
      </Text>
    </ConfirmDialog>
  ) : (
    <ConfirmDialog
      {...shared}
      title={`Destroy version ${version} of ${name}?`}
      confirm="Destroy"
      change={destroy}
      onConfirm={() => destroy.mutate({ name, version })}
    >
      <Text size="sm">
        The gateway destroys the value of this version permanently. Nobody can reveal the value or roll back to the
        version again. The list of versions and the audit log still show that the version existed.
      </Text>
    </ConfirmDialog>
  );
}

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

/** Asks for a confirmation of a rollback, or of the destruction of a version. The dialog is closed if `change` is undefined. */
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
  // Keeps the text of the last change visible while the dialog closes.
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
          ? `${name} already has this value: version ${now} stays current.`
          : `Rolled ${name} back to version ${version}, as version ${now}.`,
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
        The value of version {version} becomes current, as a new version. Everyone who uses the secret then gets this
        value. Version {asked.current} is kept, and you can roll back to it.
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
        This destroys the value permanently. Nobody can reveal the value or roll back to it again. The list and the
        audit log keep the record of the version.
      </Text>
    </ConfirmDialog>
  );
}

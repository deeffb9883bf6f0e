import { Group } from '@mantine/core';
import { IconArrowBackUp, IconEye, IconEyeOff, IconFlame } from '@tabler/icons-react';
import type { WholeSecretFragment } from '../generated/operations.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { IconAction } from '../parts/icon-action.tsx';
import { whyNotShown } from './may-do.ts';
import { reveal } from './reveal.ts';
import type { RevealingOne } from './reveal-one.ts';
import type { VersionChange } from './version-dialog.tsx';

/** The action buttons of a version. A destroyed version has no action buttons. Users cannot destroy the current version. */
export function VersionActions({
  secret,
  version: { number, destroyedAt },
  revealing,
  onChange,
}: {
  secret: WholeSecretFragment;
  version: { number: number; destroyedAt: string | null };
  revealing: RevealingOne;
  onChange: (kind: VersionChange['kind']) => void;
}) {
  if (destroyedAt !== null) return null;
  const { name, viewerAccess: access } = secret;
  const current = number === secret.version;
  const unshown = whyNotShown(secret);
  const asked = revealing.version === number;
  const shown = asked && revealing.value !== undefined;
  return (
    <Group gap={2} justify="flex-end" wrap="nowrap">
      {access.includes('READ') && (
        <>
          <IconAction
            label={shown ? `Mask version ${number}` : `Reveal version ${number}`}
            icon={shown ? <IconEyeOff size={18} stroke={1.5} /> : <IconEye size={18} stroke={1.5} />}
            onClick={() => (shown ? revealing.hide() : revealing.show(number))}
            loading={asked && revealing.busy}
            why={unshown}
          />
          <CopyButton
            label={`Copy version ${number}`}
            text={shown && revealing.value !== undefined ? revealing.value : () => reveal(name, number)}
            why={unshown}
          />
        </>
      )}
      {!current && access.includes('UPDATE') && (
        <IconAction
          label={`Roll back to version ${number}`}
          icon={<IconArrowBackUp size={18} stroke={1.5} />}
          onClick={() => onChange('rollback')}
        />
      )}
      {!current && access.includes('DELETE') && (
        <IconAction
          label={`Destroy version ${number}`}
          icon={<IconFlame size={18} stroke={1.5} />}
          onClick={() => onChange('destroy')}
        />
      )}
    </Group>
  );
}

import { ActionIcon, Group, Tooltip } from '@mantine/core';
import { IconArrowBackUp, IconEye, IconEyeOff, IconFlame } from '@tabler/icons-react';
import type { Access } from '../generated/operations.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { reveal } from './reveal.ts';
import type { RevealingOne } from './reveal-one.ts';
import type { VersionChange } from './version-dialog.tsx';

/** What can be done with a version. Nothing with one that is destroyed; the current one stays. */
export function VersionActions({
  name,
  version: { number, destroyedAt },
  current,
  access,
  revealing,
  onChange,
}: {
  name: string;
  version: { number: number; destroyedAt: string | null };
  current: boolean;
  access: readonly Access[];
  revealing: RevealingOne;
  onChange: (kind: VersionChange['kind']) => void;
}) {
  if (destroyedAt !== null) return null;
  const asked = revealing.version === number;
  const shown = asked && revealing.value !== undefined;
  return (
    <Group gap={2} justify="flex-end" wrap="nowrap">
      {access.includes('READ') && (
        <>
          <Tooltip label={shown ? 'Hide' : 'Show; this is recorded'}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={shown ? `Hide version ${number}` : `Show version ${number}`}
              loading={asked && revealing.busy}
              onClick={() => (shown ? revealing.hide() : revealing.show(number))}
            >
              {shown ? <IconEyeOff size={18} stroke={1.5} /> : <IconEye size={18} stroke={1.5} />}
            </ActionIcon>
          </Tooltip>
          <CopyButton
            text={shown && revealing.value !== undefined ? revealing.value : () => reveal(name, number)}
            label={`Copy version ${number}`}
          />
        </>
      )}
      {!current && access.includes('UPDATE') && (
        <Tooltip label="Roll back to it">
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Roll back to version ${number}`}
            onClick={() => onChange('rollback')}
          >
            <IconArrowBackUp size={18} stroke={1.5} />
          </ActionIcon>
        </Tooltip>
      )}
      {!current && access.includes('DELETE') && (
        <Tooltip label="Destroy it for good">
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={`Destroy version ${number}`}
            onClick={() => onChange('destroy')}
          >
            <IconFlame size={18} stroke={1.5} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}

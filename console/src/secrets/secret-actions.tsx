import { Button } from '@mantine/core';
import { IconPencil, IconRefresh, IconTag, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useLocation } from 'wouter';
import type { WholeSecretFragment } from '../generated/operations.ts';
import { useNarrow } from '../parts/narrow.ts';
import { DeleteDialog } from './delete-dialog.tsx';
import { DetailsDialog } from './details-dialog.tsx';
import { NewValueDialog } from './new-value-dialog.tsx';
import { TagsDialog } from './tags-dialog.tsx';

/** Buttons in the header of a secret's page. The buttons are for the actions that the viewer may perform on the secret. */
export function SecretActions({ secret }: { secret: WholeSecretFragment }) {
  const [open, setOpen] = useState<'value' | 'tags' | 'details' | 'delete'>();
  // The buttons have no icons, so that all buttons fit into one row on a phone.
  const narrow = useNarrow();
  const [, go] = useLocation();
  const close = () => setOpen(undefined);
  return (
    <>
      {secret.viewerAccess.includes('UPDATE') && (
        <>
          <Button
            size="xs"
            leftSection={narrow ? undefined : <IconRefresh size={16} stroke={1.5} aria-hidden />}
            onClick={() => setOpen('value')}
          >
            Rotate
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={narrow ? undefined : <IconTag size={16} stroke={1.5} aria-hidden />}
            onClick={() => setOpen('tags')}
          >
            Edit tags
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={narrow ? undefined : <IconPencil size={16} stroke={1.5} aria-hidden />}
            onClick={() => setOpen('details')}
          >
            Edit
          </Button>
        </>
      )}
      {secret.viewerAccess.includes('DELETE') && (
        <Button
          size="xs"
          variant="default"
          leftSection={narrow ? undefined : <IconTrash size={16} stroke={1.5} aria-hidden />}
          onClick={() => setOpen('delete')}
        >
          Delete
        </Button>
      )}
      <NewValueDialog secret={secret} opened={open === 'value'} onClose={close} />
      <TagsDialog secret={secret} opened={open === 'tags'} onClose={close} />
      <DetailsDialog secret={secret} opened={open === 'details'} onClose={close} />
      <DeleteDialog
        secret={secret}
        opened={open === 'delete'}
        onClose={close}
        onDeleted={() => go('/secrets')}
        onRestored={() => go(`/secrets/${secret.name}`)}
      />
    </>
  );
}

import { Button } from '@mantine/core';
import type { IconPencil } from '@tabler/icons-react';

/** Something that can be done with all that a page is of. */
export function PageAction({
  icon: Icon,
  label,
  busy = false,
  onClick,
}: {
  icon: typeof IconPencil;
  label: string;
  busy?: boolean;
  onClick: () => void;
}) {
  return (
    <Button variant="default" leftSection={<Icon size={16} aria-hidden />} loading={busy} onClick={onClick}>
      {label}
    </Button>
  );
}

import { Button } from '@mantine/core';
import type { IconPencil } from '@tabler/icons-react';

/** A button in the page header. The button runs an action on the object that the page shows. */
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

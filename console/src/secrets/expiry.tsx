import { Group, Text } from '@mantine/core';
import { IconAlertTriangle, IconClock } from '@tabler/icons-react';
import { Time } from '../parts/time.tsx';

const SOON_MS = 14 * 86_400_000;

export const hasExpired = (at: string | null, now = Date.now()): boolean => at !== null && Date.parse(at) <= now;

/** Shows the expiry time of a secret. If the secret has expired or expires soon, an icon appears next to the time. */
export function Expiry({ at }: { at: string | null }) {
  if (at === null)
    return (
      <Text span inherit c="dimmed">
        never
      </Text>
    );
  const left = Date.parse(at) - Date.now();
  if (left > SOON_MS) return <Time at={at} />;
  const over = left <= 0;
  return (
    <Group gap={4} wrap="nowrap" component="span" align="flex-start">
      {over ? (
        <IconAlertTriangle size={18} stroke={1.5} color="var(--mantine-color-error)" aria-hidden />
      ) : (
        <IconClock size={18} stroke={1.5} color="var(--mantine-color-orange-6)" aria-hidden />
      )}
      <Text span inherit fw={500} {...(over && { c: 'var(--mantine-color-error)' })}>
        {over ? 'expired ' : 'soon, '}
        <Time at={at} />
      </Text>
    </Group>
  );
}

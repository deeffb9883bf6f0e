// Components that show accesses, or let the user select accesses.
import { Badge, Checkbox, Group } from '@mantine/core';
import type { Access } from '../generated/operations.ts';
import { ACCESSES, everyAccess } from './access-names.ts';

/** Shows each access as a badge. The tooltip of a badge describes the access. */
export function AccessBadges({ access }: { access: readonly Access[] }) {
  return (
    <Group gap={4}>
      {everyAccess
        .filter((one) => access.includes(one))
        .map((one) => (
          <Badge key={one} title={ACCESSES[one]} variant="default" size="sm">
            {one}
          </Badge>
        ))}
    </Group>
  );
}

/**
 * A checkbox for each access in `among`. If `refusal` returns a reason for an access, the checkbox of the access is disabled and shows the
 * reason.
 */
export function AccessPicks({
  value,
  onChange,
  label = 'Access',
  among = everyAccess,
  refusal = () => undefined,
  error,
}: {
  value: readonly Access[];
  onChange: (value: Access[]) => void;
  label?: string;
  among?: readonly Access[];
  refusal?: (access: Access) => string | undefined;
  error?: string | undefined;
}) {
  return (
    <Checkbox.Group label={label} value={[...value]} onChange={(next) => onChange(next as Access[])} error={error}>
      <Group mt={4} gap="md">
        {everyAccess
          .filter((one) => among.includes(one))
          .map((one) => {
            const why = refusal(one);
            return (
              <Checkbox
                key={one}
                value={one}
                label={one}
                title={why ?? ACCESSES[one]}
                disabled={why !== undefined}
                {...(why !== undefined && { description: why })}
              />
            );
          })}
      </Group>
    </Checkbox.Group>
  );
}

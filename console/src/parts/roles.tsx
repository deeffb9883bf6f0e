import { Badge, Checkbox, Group, SimpleGrid, Text, Tooltip } from '@mantine/core';
import type { Role } from '../generated/operations.ts';
import { everyRole, ROLES } from './access-names.ts';

/** Shows each role as a badge. The tooltip of a badge describes the role. */
export function RoleBadges({ roles }: { roles: readonly Role[] }) {
  if (roles.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        none
      </Text>
    );
  return (
    <Group gap={4}>
      {everyRole
        .filter((one) => roles.includes(one))
        .map((one) => (
          <Tooltip key={one} label={ROLES[one]} openDelay={300}>
            <Badge variant={one === 'ADMIN' ? 'light' : 'default'} size="sm">
              {one}
            </Badge>
          </Tooltip>
        ))}
    </Group>
  );
}

/**
 * A checkbox with a description for each role. If `refusal` returns a reason for a role, the checkbox of the role is disabled and shows the
 * reason.
 */
export function RolePicks({
  value,
  onChange,
  refusal = () => undefined,
  description,
  error,
}: {
  value: readonly Role[];
  onChange: (value: Role[]) => void;
  refusal?: (role: Role) => string | undefined;
  description?: string;
  error?: string | undefined;
}) {
  return (
    <Checkbox.Group
      label="Roles"
      description={description}
      value={[...value]}
      onChange={(next) => onChange(next as Role[])}
      error={error}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md" verticalSpacing="xs" mt="xs">
        {everyRole.map((one) => {
          const why = refusal(one);
          return (
            <Checkbox
              key={one}
              value={one}
              label={one}
              description={why ?? ROLES[one]}
              disabled={why !== undefined}
              size="sm"
            />
          );
        })}
      </SimpleGrid>
    </Checkbox.Group>
  );
}

/** Returns true if two lists contain the same roles, in any order. */
export function sameRoles(some: readonly Role[], others: readonly Role[]): boolean {
  return some.length === others.length && some.every((role) => others.includes(role));
}

// Names and descriptions of accesses and roles, in the order in which the console shows them.
import { Badge, Checkbox, Group } from '@mantine/core';
import type { Access, Role } from '../generated/operations.ts';

export const ACCESSES = {
  READ: 'See the secret and reveal its value',
  UPDATE: 'Rotate the secret, change description, expiry and tags, share the secret',
  CREATE: 'Create a secret with this name, or with this tag',
  EXECUTE: 'Use the value in workflows without revealing it',
  DELETE: 'Delete and restore the secret, destroy versions',
} satisfies Record<Access, string>;

export const everyAccess = Object.keys(ACCESSES) as Access[];

export const ROLES = {
  ADMIN: 'Passes every check',
  AUDITOR: 'Reads permissions, principals and the audit log, but no values',
  USER: 'Creates secrets and applications',
  METADATA_MANAGER: 'Creates secrets',
  WORKFLOW_MANAGER: 'A role of workflow engines; no effect in this gateway',
  USER_READ_ONLY: 'Has only access that is granted directly; cannot be in a group',
  WORKER: 'A role of workers; no effect in this gateway',
  METADATA_API: 'A role of applications that manage definitions; no effect in this gateway',
  APPLICATION_CREATOR: 'Creates applications',
  APPLICATION_MANAGER: 'Creates and manages applications',
  UNRESTRICTED_WORKER: 'A role of workers; no effect in this gateway',
} satisfies Record<Role, string>;

export const everyRole = Object.keys(ROLES) as Role[];

/** Shows accesses as badges, each with its description as a tooltip. */
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

/** Checkboxes for the accesses in `among`. If `refusal` returns a reason for an access, its checkbox is disabled and shows the reason. */
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

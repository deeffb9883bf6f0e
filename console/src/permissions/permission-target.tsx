import { Anchor, Badge, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { PermissionRowFragment } from '../generated/operations.ts';
import { NameText } from '../parts/name-text.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';

/** The target of a permission, with its type. */
export function PermissionTarget({ permission: { target } }: { permission: PermissionRowFragment }) {
  const admin = isAdmin(useViewer());
  switch (target.__typename) {
    case 'Tag':
      return (
        <>
          <Badge variant="default" tt="none" fw={500}>
            {target.id}
          </Badge>
          <Kind>Every secret with this tag</Kind>
        </>
      );
    case 'SecretName':
      return target.secret === null ? (
        <>
          <Text span inherit fw={500}>
            <NameText>{target.name}</NameText>
          </Text>
          <Kind>{admin ? 'Secret does not exist yet' : 'Secret does not exist, or you cannot see it'}</Kind>
        </>
      ) : (
        <>
          <Anchor component={Link} href={`/secrets/${target.name}`} fw={500} inherit>
            <NameText>{target.name}</NameText>
          </Anchor>
          <Kind>Secret</Kind>
        </>
      );
    case 'Resource':
      return (
        <>
          <Text span inherit fw={500}>
            <NameText>{target.name}</NameText>
          </Text>
          <Kind>
            {target.type === 'ENV_VARIABLE'
              ? 'ENV_VARIABLE: allows reading the variable'
              : `${target.type} of a workflow engine: gives no access to secrets`}
          </Kind>
        </>
      );
  }
}

function Kind({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed">
      {children}
    </Text>
  );
}

import { Anchor, Badge, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { PermissionRowFragment } from '../generated/operations.ts';
import { NameText } from '../parts/name-text.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';

/** Shows the target of a permission and the type of the target. */
export function PermissionTarget({ permission: { target } }: { permission: PermissionRowFragment }) {
  const admin = isAdmin(useViewer());
  switch (target.__typename) {
    case 'Tag':
      return (
        <>
          <Badge variant="default" tt="none" fw={500}>
            {target.id}
          </Badge>
          <Kind>Applies to every secret with this tag</Kind>
        </>
      );
    case 'SecretName':
      return target.secret === null ? (
        <>
          <Text span inherit fw={500}>
            <NameText>{target.name}</NameText>
          </Text>
          <Kind>
            {admin ? 'The secret does not exist yet' : 'The secret does not exist, or you cannot see the secret'}
          </Kind>
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
              ? 'ENV_VARIABLE: with READ, the principal can read the environment variable'
              : `${target.type}: a permission for a workflow engine, without access to secrets`}
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

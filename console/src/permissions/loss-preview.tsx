import { Text } from '@mantine/core';
import { useEffect } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { useAsk } from '../api/queries.ts';
import { type AccessChange, SubjectPermissions, type SubjectPermissionsQuery } from '../generated/operations.ts';
import { ProblemAlert } from '../parts/problem-alert.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { targetAgain } from './target.ts';

/** Maximum number of changes in one simulation. */
const MOST = 50;

interface Losing {
  id: string;
  roles: readonly unknown[];
  groups: readonly { id: string }[];
}

/**
 * Shows which access a user or an application would lose if the user or the application were deleted or deactivated. The preview includes
 * access through roles, groups and permissions. The component calls `onSeen` with true while the preview or its error is visible. The
 * caller must pass the same `onSeen` function on each render.
 */
export function LossPreview({ subject, onSeen }: { subject: Losing; onSeen: (seen: boolean) => void }) {
  const sees = readsAll(useViewer());
  const variables = { subjectId: subject.id, target: null, first: MOST, after: null };
  const { data, error, refetch } = useAsk(SubjectPermissions, variables, { enabled: sees });
  const changes = data === undefined ? [] : changesOf(subject, data);
  const many = changes.length > MOST || data?.permissions.pageInfo.hasNextPage === true;
  const { seen: shown, onShown } = useSeen(changes);
  const seen = !sees || error !== null || (data !== undefined && (many || changes.length === 0 || shown));
  useEffect(() => {
    onSeen(seen);
    return () => onSeen(false);
  }, [seen, onSeen]);
  if (!sees) return null;
  if (error !== null) return <ProblemAlert problem={error} onRetry={() => void refetch()} />;
  if (many)
    return (
      <Text size="sm">
        The console cannot show a preview, because there are too many groups and permissions. Review the groups and
        permissions before you continue.
      </Text>
    );
  return <AccessPreview changes={changes} onShown={onShown} />;
}

function changesOf(subject: Losing, { permissions }: SubjectPermissionsQuery): AccessChange[] {
  const targets = new Map(
    permissions.nodes
      .filter(({ target }) => target.__typename !== 'Resource')
      .map((permission) => [JSON.stringify(targetAgain(permission)), targetAgain(permission)]),
  );
  return [
    ...(subject.roles.length > 0 ? [{ setRoles: { subjectId: subject.id, roles: [] } }] : []),
    ...subject.groups.map((group) => ({ removeMember: { groupId: group.id, principalId: subject.id } })),
    ...[...targets.values()].map((target) => ({ revoke: { subjectId: subject.id, target, access: [] } })),
  ];
}

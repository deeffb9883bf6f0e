import { Text } from '@mantine/core';
import { AccessPreview } from '../access/access-preview.tsx';
import { useAsk } from '../api/queries.ts';
import { type AccessChange, SubjectPermissions } from '../generated/operations.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { targetAgain } from './target.ts';

/** At most so many changes are simulated at once. */
const MOST = 50;

/** What a user or an application loses once it is gone or stopped: by its roles, its groups and its permissions. */
export function LossPreview({
  subject,
}: {
  subject: { id: string; roles: readonly unknown[]; groups: readonly { id: string }[] };
}) {
  const sees = readsAll(useViewer());
  const variables = { subjectId: subject.id, target: null, first: MOST, after: null };
  const { data } = useAsk(SubjectPermissions, variables, { enabled: sees });
  if (!sees || data === undefined) return null;
  const targets = new Map(
    data.permissions.nodes
      .filter(({ target }) => target.__typename !== 'Resource')
      .map((permission) => [JSON.stringify(targetAgain(permission)), targetAgain(permission)]),
  );
  const changes: AccessChange[] = [
    ...(subject.roles.length > 0 ? [{ setRoles: { subjectId: subject.id, roles: [] } }] : []),
    ...subject.groups.map((group) => ({ removeMember: { groupId: group.id, principalId: subject.id } })),
    ...[...targets.values()].map((target) => ({ revoke: { subjectId: subject.id, target, access: [] } })),
  ];
  if (changes.length > MOST || data.permissions.pageInfo.hasNextPage)
    return (
      <Text size="sm">It has more groups and permissions than can be worked out at once: look at them beforehand.</Text>
    );
  return <AccessPreview changes={changes} />;
}

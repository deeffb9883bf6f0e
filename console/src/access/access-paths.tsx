import { Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AccessWayFragment } from '../generated/operations.ts';
import { everyAccess } from '../parts/access-names.ts';
import { inWords } from '../parts/time.tsx';

/** Describes one access path in words, for example: `is a member of ops, which has a grant on the tag env:prod`. */
export function describePath({ role, tag, group, permission }: AccessWayFragment): string {
  const by = group === null ? '' : `is a member of ${group.name}, which `;
  if (role !== null) return group === null ? `has the role ${role}` : `${by}has the role ${role}`;
  const on = tag === null ? 'the name of this secret' : `the tag ${tag.id}`;
  const until = permission?.expiresAt == null ? '' : `, expires ${inWords(permission.expiresAt)}`;
  return `${by}has a grant on ${on}${until}`;
}

/** Lists access paths, one path on each line. A line can contain a button for the path. */
export function AccessPaths<Path extends AccessWayFragment>({
  paths,
  action,
}: {
  paths: readonly Path[];
  action?: (path: Path) => ReactNode;
}) {
  // The React key includes the position of the access path. Without the position, two access paths whose group and grant are hidden from
  // the viewer would have the same React key.
  return paths.map((path, index) => (
    <Group key={`${index} ${path.permission?.id}`} justify="space-between" gap={4}>
      <Text size="sm" flex="1 1 12rem">
        {everyAccess.filter((one) => path.access.includes(one)).join(', ')}: {describePath(path)}
      </Text>
      {action?.(path)}
    </Group>
  ));
}

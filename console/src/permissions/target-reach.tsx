import { Text } from '@mantine/core';
import { useAsk } from '../api/queries.ts';
import { TaggedSecrets, TargetSecret } from '../generated/operations.ts';
import { tagOf } from '../parts/tags.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';

/** The secrets that a grant on this tag reaches now, as far as one sees them; and that it reaches others later. */
export function TagReach({ tag }: { tag: string }) {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(TaggedSecrets, { tags: [tagOf(tag)] });
  if (data === undefined) return null;
  const { nodes, pageInfo } = data.secrets;
  if (nodes.length === 0)
    return (
      <Reach>
        No secret {admin ? '' : 'that you see '}has the tag {tag} yet. The permission will hold for those that get it.
      </Reach>
    );
  const names = nodes.map(({ name }) => name).join(', ');
  return (
    <Reach>
      Reaches {pageInfo.hasNextPage ? `more than ${nodes.length}` : nodes.length} secret{nodes.length === 1 ? '' : 's'}{' '}
      now, and any that gets the tag later: {names}
      {pageInfo.hasNextPage && ' …'}
    </Reach>
  );
}

/** Whether there is a secret of this name, as far as one sees it. */
export function SecretReach({ name }: { name: string }) {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(TargetSecret, { name });
  if (data === undefined) return null;
  if (data.secret !== null) return <Reach>Reaches the secret {name}.</Reach>;
  return (
    <Reach>
      {admin
        ? `There is no secret ${name} yet. The permission will hold for one of that name.`
        : `There is no secret ${name}, or you do not see it. Only administrators grant on a secret that is not there yet.`}
    </Reach>
  );
}

function Reach({ children }: { children: React.ReactNode }) {
  return (
    <Text size="sm" aria-live="polite" style={{ overflowWrap: 'anywhere' }}>
      {children}
    </Text>
  );
}

import { Text } from '@mantine/core';
import { useAsk } from '../api/queries.ts';
import { TaggedSecrets, TargetSecret } from '../generated/operations.ts';
import { tagOf } from '../parts/tags.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';

/**
 * Lists the secrets to which a grant on `tag` gives access: the visible secrets with the tag. The text also says that the grant applies to
 * secrets that get the tag later.
 */
export function TagReach({ tag }: { tag: string }) {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(TaggedSecrets, { tags: [tagOf(tag)] });
  if (data === undefined) return null;
  const { nodes, pageInfo } = data.secrets;
  if (nodes.length === 0)
    return (
      <Reach>
        No secret {admin ? '' : 'visible to you '}has the tag {tag} yet. The permission will give access to all secrets
        that get this tag later.
      </Reach>
    );
  const names = nodes.map(({ name }) => name).join(', ');
  return (
    <Reach>
      Gives access to {pageInfo.hasNextPage ? `more than ${nodes.length}` : nodes.length} secret
      {nodes.length === 1 ? '' : 's'} now, and to every secret that gets this tag later: {names}
      {pageInfo.hasNextPage && ' …'}
    </Reach>
  );
}

/** Says whether a secret with the name `name` exists and is visible to the viewer. */
export function SecretReach({ name }: { name: string }) {
  const admin = isAdmin(useViewer());
  const { data } = useAsk(TargetSecret, { name });
  if (data === undefined) return null;
  if (data.secret !== null) return <Reach>Gives access to the secret {name}.</Reach>;
  return (
    <Reach>
      {admin
        ? `The secret ${name} does not exist yet. The permission will give access as soon as a secret with this name exists.`
        : `The secret ${name} does not exist, or you cannot see the secret. Only administrators can grant access to a secret that does not exist yet.`}
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

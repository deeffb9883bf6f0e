import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { NameText } from '../parts/name-text.tsx';
import { secretPlace } from '../secrets/secret-place.ts';
import { readsAll, useViewer } from '../session/viewer.ts';

const PLACES = { User: 'users', Group: 'groups', Application: 'applications' } as const;

/** A name that leads to whoever it is of. Users have pages only for who reads all of them. */
export function SubjectLink({ subject }: { subject: { __typename: keyof typeof PLACES; id: string; name: string } }) {
  const viewer = useViewer();
  const { __typename: kind, id, name } = subject;
  if (kind === 'User' && !readsAll(viewer)) return name;
  return (
    <Anchor component={Link} href={`/${PLACES[kind]}/${id}`} inherit>
      {name}
    </Anchor>
  );
}

/** A secret's name, which leads to its page where there is one; an auditor to who can do what with it. */
export function SecretLink({ secret }: { secret: { name: string; deletedAt: string | null } }) {
  const viewer = useViewer();
  if (secret.deletedAt !== null) return <NameText>{`${secret.name} (deleted)`}</NameText>;
  return (
    <Anchor component={Link} href={secretPlace(viewer, secret.name)} inherit>
      <NameText>{secret.name}</NameText>
    </Anchor>
  );
}

import { Anchor } from '@mantine/core';
import { Link } from 'wouter';
import { NameText } from '../parts/name-text.tsx';
import { secretPlace } from '../secrets/secret-place.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { SUBJECT_PLACES } from './subject-places.ts';

type Kind = 'User' | 'Group' | 'Application';

/**
 * Shows a principal's name as a link to the page of the principal. If the viewer may not open the page, the name is plain text. Only ADMIN
 * and AUDITOR may open user pages.
 */
export function SubjectLink({ subject }: { subject: { __typename: Kind; id: string; name: string } }) {
  const viewer = useViewer();
  const { __typename: kind, id, name } = subject;
  if (kind === 'User' && !readsAll(viewer)) return name;
  const place = SUBJECT_PLACES[kind.toUpperCase() as Uppercase<Kind>];
  return (
    <Anchor component={Link} href={`/${place}/${id}`} inherit>
      {name}
    </Anchor>
  );
}

/** Shows a secret's name as a link to the page of the secret. For an auditor, the link opens the access review of the secret. */
export function SecretLink({ secret }: { secret: { name: string; deletedAt: string | null } }) {
  const viewer = useViewer();
  if (secret.deletedAt !== null) return <NameText>{`${secret.name} (deleted)`}</NameText>;
  return (
    <Anchor component={Link} href={secretPlace(viewer, secret.name)} inherit>
      <NameText>{secret.name}</NameText>
    </Anchor>
  );
}

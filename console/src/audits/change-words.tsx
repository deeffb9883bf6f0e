import { Text } from '@mantine/core';
import type { AccessChange, PermissionInput, TagInput } from '../generated/operations.ts';
import { NameText } from '../parts/name-text.tsx';
import { useSubject } from './named-subject.ts';

/** Describes one simulated change in words, for example: `Grant READ on env:prod to ops`. */
export function ChangeWords({ change }: { change: AccessChange }) {
  if (change.grant)
    return (
      <>
        Grant <Accesses of={change.grant} /> on <Target of={change.grant} /> to <Name id={change.grant.subjectId} />
      </>
    );
  if (change.revoke)
    return (
      <>
        Revoke <Accesses of={change.revoke} /> on <Target of={change.revoke} /> from{' '}
        <Name id={change.revoke.subjectId} />
      </>
    );
  if (change.tag)
    return (
      <>
        Add <Strong text={tagsIn(change.tag.tags)} /> to <Strong text={change.tag.name} />
      </>
    );
  if (change.untag)
    return (
      <>
        Remove <Strong text={tagsIn(change.untag.tags)} /> from <Strong text={change.untag.name} />
      </>
    );
  if (change.addMember)
    return (
      <>
        Add <Name id={change.addMember.principalId} /> to the group <Name id={change.addMember.groupId} />
      </>
    );
  if (change.removeMember)
    return (
      <>
        Remove <Name id={change.removeMember.principalId} /> from the group <Name id={change.removeMember.groupId} />
      </>
    );
  if (change.deleteGroup)
    return (
      <>
        Delete the group <Name id={change.deleteGroup} />
      </>
    );
  const { subjectId = '', roles = [] } = change.setRoles ?? {};
  return (
    <>
      Set the roles of <Name id={subjectId} /> to {roles.length === 0 ? 'none' : roles.join(', ')}
    </>
  );
}

const tagsIn = (tags: readonly TagInput[]) => tags.map(({ key, value }) => `${key}:${value}`).join(', ');

function Strong({ text }: { text: string }) {
  return (
    <Text span inherit fw={600}>
      <NameText>{text}</NameText>
    </Text>
  );
}

function Name({ id }: { id: string }) {
  const subject = useSubject(id);
  return <Strong text={subject?.name ?? id} />;
}

function Accesses({ of: { access } }: { of: PermissionInput }) {
  return access.length === 0 ? 'all access' : access.join(', ');
}

function Target({ of: { target } }: { of: PermissionInput }) {
  return <Strong text={target.tag ? tagsIn([target.tag]) : (target.secret ?? '')} />;
}

import { Button, Checkbox, Group, Select, SimpleGrid, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { SubjectSelect } from '../access/subject-select.tsx';
import type { Subject } from '../access/subjects.ts';
import type { Access, AccessChange, Role } from '../generated/operations.ts';
import { AccessPicks } from '../parts/access.tsx';
import { everyRole, ROLES } from '../parts/access-names.ts';
import { TagsField, tagOf, tagProblem } from '../parts/tags.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { type ChangeKind, KINDS, OWN_KINDS } from './change-kinds.ts';

interface Draft {
  kind: ChangeKind;
  subject: Subject | null;
  group: Subject | null;
  on: 'tag' | 'secret';
  tags: string[];
  secret: string;
  access: Access[];
  roles: Role[];
}

/**
 * The form that adds one change to the simulation. After the form has added a change, the form keeps its input, because the user often adds
 * similar changes.
 */
export function ChangeForm({ onAdd, full }: { onAdd: (changes: AccessChange[]) => void; full: boolean }) {
  const all = readsAll(useViewer());
  const [draft, setDraft] = useState<Draft>({
    kind: 'grant',
    subject: null,
    group: null,
    on: all ? 'tag' : 'secret',
    tags: [],
    secret: '',
    access: ['READ'],
    roles: [],
  });
  const [submitted, setSubmitted] = useState(false);
  const change = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
  const { kind, subject, group, on, tags, secret, access, roles } = draft;
  const isPermission = kind === 'grant' || kind === 'revoke';
  const isMembership = kind === 'addMember' || kind === 'removeMember';
  const tagsSecret = kind === 'tag' || kind === 'untag';
  const tagsAsked = tagsSecret || (isPermission && on === 'tag');
  const problems = problemsOf(draft);
  const wrong = (name: keyof typeof problems) => (submitted ? problems[name] : undefined);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSubmitted(true);
    if (Object.values(problems).some((problem) => problem !== undefined)) return;
    setSubmitted(false);
    onAdd(changesIn(draft));
  };

  return (
    <form onSubmit={submit} aria-label="New change">
      <Stack gap="sm" align="flex-start">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm" w="100%">
          <Select
            label="Type of change"
            data={Object.entries(KINDS)
              .filter(([value]) => all || OWN_KINDS.includes(value as ChangeKind))
              .map(([value, label]) => ({ value, label }))}
            value={kind}
            onChange={(next) => next !== null && change({ kind: next as ChangeKind, subject: null })}
            allowDeselect={false}
          />
          {(isPermission || kind === 'setRoles') && (
            <SubjectSelect
              label={kind === 'revoke' ? 'From' : 'To'}
              value={subject}
              onChange={(next) => change({ subject: next })}
              error={wrong('subject')}
            />
          )}
          {isMembership && (
            <SubjectSelect
              key="member"
              label="User or application"
              kinds={['user', 'application']}
              value={subject}
              onChange={(next) => change({ subject: next })}
              error={wrong('subject')}
            />
          )}
          {(isMembership || kind === 'deleteGroup') && (
            <SubjectSelect
              key="group"
              label="Group"
              kinds={['group']}
              value={group}
              onChange={(next) => change({ group: next })}
              error={wrong('group')}
            />
          )}
          {isPermission && (
            <Select
              label="Target type"
              data={[
                { value: 'tag', label: 'Every secret with a certain tag' },
                { value: 'secret', label: 'One secret' },
              ]}
              value={on}
              onChange={(next) => next !== null && change({ on: next as 'tag' | 'secret' })}
              allowDeselect={false}
            />
          )}
          {(tagsSecret || (isPermission && on === 'secret')) && (
            <SecretSelect value={secret} onChange={(name) => change({ secret: name })} error={wrong('secret')} />
          )}
          {tagsAsked && (
            <TagsField
              {...(isPermission && {
                label: 'Tag',
                description: 'Format: key:value. Each tag becomes a separate change.',
              })}
              value={tags}
              onChange={(next) => change({ tags: next })}
              error={wrong('tags')}
            />
          )}
        </SimpleGrid>
        {isPermission && (
          <AccessPicks value={access} onChange={(next) => change({ access: next })} error={wrong('access')} />
        )}
        {kind === 'setRoles' && (
          <Checkbox.Group
            label="All roles of the principal after the change"
            value={roles}
            onChange={(next) => change({ roles: next as Role[] })}
          >
            <Group mt={4} gap="md">
              {everyRole.map((role) => (
                <Checkbox key={role} value={role} label={role} title={ROLES[role]} />
              ))}
            </Group>
          </Checkbox.Group>
        )}
        <Button type="submit" leftSection={<IconPlus size={16} aria-hidden />} disabled={full}>
          Add to list
        </Button>
      </Stack>
    </form>
  );
}

type Asked = 'subject' | 'group' | 'secret' | 'tags' | 'access';

/** Returns an error message for each form field, or undefined for a valid field. */
function problemsOf({ kind, subject, group, on, tags, secret, access }: Draft): Record<Asked, string | undefined> {
  const isPermission = kind === 'grant' || kind === 'revoke';
  const isMembership = kind === 'addMember' || kind === 'removeMember';
  const tagsSecret = kind === 'tag' || kind === 'untag';
  const needsSubject = isPermission || isMembership || kind === 'setRoles';
  const needsTags = tagsSecret || (isPermission && on === 'tag');
  return {
    subject: needsSubject && subject === null ? 'Choose a user, a group or an application' : undefined,
    group: (isMembership || kind === 'deleteGroup') && group === null ? 'Choose a group' : undefined,
    secret: (tagsSecret || (isPermission && on === 'secret')) && secret.trim() === '' ? 'Choose a secret' : undefined,
    tags: needsTags
      ? tags.length === 0
        ? 'Enter a tag'
        : tags.map(tagProblem).find((problem) => problem !== undefined)
      : undefined,
    access: kind === 'grant' && access.length === 0 ? 'Choose at least one access' : undefined,
  };
}

/** Converts the form input to simulated changes. A permission on several tags becomes one change for each tag. */
function changesIn({ kind, subject, group, on, tags, secret, access, roles }: Draft): AccessChange[] {
  const [subjectId, groupId, name] = [subject?.id ?? '', group?.id ?? '', secret.trim()];
  switch (kind) {
    case 'grant':
    case 'revoke': {
      const targets = on === 'secret' ? [{ secret: name }] : tags.map((text) => ({ tag: tagOf(text) }));
      const inputs = targets.map((target) => ({ subjectId, target, access }));
      return kind === 'grant' ? inputs.map((grant) => ({ grant })) : inputs.map((revoke) => ({ revoke }));
    }
    case 'tag':
      return [{ tag: { name, tags: tags.map(tagOf) } }];
    case 'untag':
      return [{ untag: { name, tags: tags.map(tagOf) } }];
    case 'addMember':
      return [{ addMember: { groupId, principalId: subjectId } }];
    case 'removeMember':
      return [{ removeMember: { groupId, principalId: subjectId } }];
    case 'deleteGroup':
      return [{ deleteGroup: groupId }];
    case 'setRoles':
      return [{ setRoles: { subjectId, roles } }];
  }
}

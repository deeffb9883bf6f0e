import { Autocomplete, Group, Radio, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { AccessPreview } from '../access/access-preview.tsx';
import type { Subject } from '../access/subject-select.tsx';
import { useAsk, useChange } from '../api/queries.ts';
import { type Access, GrantPermission, TargetSecret } from '../generated/operations.ts';
import { AccessPicks } from '../parts/access.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { EndField, instantOf } from '../parts/end-field.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { useTagSuggestions } from '../parts/tags.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { type TargetType, targetOf, targetProblem } from './target.ts';
import { SecretReach, TagReach } from './target-reach.tsx';

/** Grants something to `subject`, after showing what that will reach. */
export function AddPermissionDialog({
  subject,
  opened,
  onClose,
}: {
  subject: Subject;
  opened: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Add Permission for ${subject.name}`}>
      <AddPermissionForm subject={subject} onClose={onClose} />
    </Dialog>
  );
}

function AddPermissionForm({ subject, onClose }: { subject: Subject; onClose: () => void }) {
  const admin = isAdmin(useViewer());
  const [type, setType] = useState<TargetType>(admin ? 'Tag' : 'Secret');
  const [texts, setTexts] = useState<Record<TargetType, string>>({ Tag: '', Secret: '' });
  const [access, setAccess] = useState<Access[]>(['READ']);
  const [end, setEnd] = useState('');
  const [checked, setChecked] = useState(false);
  const grant = useChange(GrantPermission, {
    restarts: ['SubjectPermissions'],
    onDone: () => {
      notify(`${subject.name} was granted ${access.join(', ')} on ${texts[type].trim()}.`);
      onClose();
    },
  });

  const text = texts[type];
  const wrong = targetProblem(type, text);
  const [settled] = useDebouncedValue(text.trim(), 250);
  const known = settled !== '' && settled === text.trim() && wrong === undefined;
  const held = useHeld(type === 'Secret' && known ? settled : undefined);
  const input = { subjectId: subject.id, target: targetOf(type, text), access, expiresAt: instantOf(end) };
  const cannotShare = !admin && held !== undefined && !held.includes('UPDATE');
  const targetError =
    fieldError(grant.error, 'target', 'tag', 'secret') ??
    (cannotShare ? 'You need UPDATE on this secret to share it.' : checked || text !== '' ? wrong : undefined);
  const submit = () => {
    setChecked(true);
    if (wrong === undefined && access.length > 0 && !cannotShare) grant.mutate({ input });
  };

  return (
    <DialogForm
      submit="Add Permissions"
      busy={grant.isPending}
      problem={grant.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      <Radio.Group
        label="Target Type"
        description={admin ? undefined : 'Only administrators grant on tags.'}
        value={type}
        onChange={(next) => setType(next as TargetType)}
      >
        <Group mt={4}>
          {admin && <Radio value="Tag" label="Tag" />}
          <Radio value="Secret" label="Secret" />
        </Group>
      </Radio.Group>
      {type === 'Tag' ? (
        <TagTarget
          value={text}
          onChange={(next) => setTexts({ ...texts, Tag: next })}
          error={checked || !isBeginning(text) ? targetError : undefined}
        />
      ) : (
        <SecretSelect
          description="It need not exist yet."
          value={text}
          onChange={(next) => setTexts({ ...texts, Secret: next })}
          error={targetError}
        />
      )}
      {known && (type === 'Tag' ? <TagReach tag={settled} /> : <SecretReach name={settled} />)}
      <AccessPicks
        value={access}
        onChange={setAccess}
        refusal={(one) =>
          !admin && held !== undefined && !held.includes(one) ? 'You do not have it yourself' : undefined
        }
        error={
          fieldError(grant.error, 'access') ??
          (checked && access.length === 0 ? 'Choose what it shall allow.' : undefined)
        }
      />
      <EndField label="Ends" value={end} onChange={setEnd} error={fieldError(grant.error, 'expiresAt')} />
      {known &&
        access.length > 0 &&
        (admin || held?.includes('UPDATE') ? (
          <AccessPreview changes={[{ grant: input }]} />
        ) : (
          <Text size="sm" c="dimmed">
            Who would gain access shows to those who may grant this.
          </Text>
        ))}
    </DialogForm>
  );
}

/** What the viewer has on the secret of this name; undefined while that is not known, or where none shows. */
function useHeld(name: string | undefined): readonly Access[] | undefined {
  const { data } = useAsk(TargetSecret, { name: name ?? '' }, { enabled: name !== undefined });
  return name === undefined ? undefined : data?.secret?.viewerAccess;
}

/** Whether a colon may still come: nothing is wrong yet. */
const isBeginning = (text: string) => !text.includes(':') || text.endsWith(':');

function TagTarget({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}) {
  const suggestions = useTagSuggestions(value);
  return (
    <Autocomplete
      label="Tag"
      description="In the form key:value. No secret need have it yet."
      placeholder="env:prod"
      data={suggestions}
      limit={50}
      value={value}
      onChange={onChange}
      error={error}
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}

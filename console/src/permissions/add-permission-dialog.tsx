import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { SubjectSelect } from '../access/subject-select.tsx';
import type { Subject } from '../access/subjects.ts';
import { useAsk, useChange } from '../api/queries.ts';
import { type Access, GrantPermission, TargetSecret } from '../generated/operations.ts';
import { AccessPicks } from '../parts/access.tsx';
import { Dialog, DialogForm } from '../parts/dialog.tsx';
import { MomentField } from '../parts/moment-field.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError } from '../parts/problem-alert.tsx';
import { isAdmin, useViewer } from '../session/viewer.ts';
import { PermissionTargetFields } from './permission-target-fields.tsx';
import { type TargetType, targetOf, targetProblem } from './target.ts';
import { SecretReach, TagReach } from './target-reach.tsx';

/**
 * `known` contains the subject or the secret of the new grant. If `known` contains the subject, the user chooses the target. If `known`
 * contains the secret, the user chooses the subject.
 */
type Known = { subject: Subject; secret?: undefined } | { secret: string; subject?: undefined };

/** Dialog that grants a permission. The dialog first shows who would gain access to which secrets. */
export function AddPermissionDialog({
  opened,
  onClose,
  ...known
}: Known & {
  opened: boolean;
  onClose: () => void;
}) {
  const title = known.subject ? `Add permission for ${known.subject.name}` : `Share ${known.secret}`;
  return (
    <Dialog opened={opened} onClose={onClose} title={title}>
      <AddPermissionForm known={known} onClose={onClose} />
    </Dialog>
  );
}

function AddPermissionForm({ known, onClose }: { known: Known; onClose: () => void }) {
  const admin = isAdmin(useViewer());
  const [chosen, setChosen] = useState<Subject | null>(null);
  const [type, setType] = useState<TargetType>(admin && known.subject ? 'Tag' : 'Secret');
  const [texts, setTexts] = useState<Record<TargetType, string>>({ Tag: '', Secret: known.secret ?? '' });
  const [picked, setPicked] = useState<Access[]>(['READ']);
  const [end, setEnd] = useState('');
  const [checked, setChecked] = useState(false);
  const subject = known.subject ?? chosen;
  const text = texts[type];
  const wrong = targetProblem(type, text);
  const [settled] = useDebouncedValue(text.trim(), 250);
  const isTarget = settled !== '' && settled === text.trim() && wrong === undefined;
  const held = useHeld(type === 'Secret' && isTarget ? settled : undefined);
  const mayGive = (one: Access) => admin || held === undefined || held.includes(one);
  const access = picked.filter(mayGive);
  const cannotShare = !mayGive('UPDATE');
  const grant = useChange(GrantPermission, {
    restarts: ['SubjectPermissions', 'SecretAccess'],
    onDone: () => {
      notify(`Granted ${access.join(', ')} on ${text.trim()} to ${subject?.name}.`);
      onClose();
    },
  });
  const input = subject && { subjectId: subject.id, target: targetOf(type, text), access, expiresAt: end || null };
  const shows = admin || (held?.includes('UPDATE') ?? false);
  const complete = input !== null && wrong === undefined && access.length > 0;
  const changes = complete ? [{ grant: input }] : [];
  const { seen, onShown } = useSeen(changes);
  const submit = () => {
    setChecked(true);
    if (complete && !cannotShare) grant.mutate({ input });
  };

  return (
    <DialogForm
      submit={known.subject ? 'Add permission' : 'Share'}
      busy={grant.isPending}
      waits={complete && (!isTarget || (shows && !seen))}
      entered={
        chosen !== null ||
        texts.Tag !== '' ||
        texts.Secret !== (known.secret ?? '') ||
        end !== '' ||
        picked.join() !== 'READ'
      }
      problem={grant.error}
      onSubmit={submit}
      onCancel={onClose}
    >
      {known.subject ? (
        <>
          <PermissionTargetFields
            type={type}
            texts={texts}
            onType={setType}
            onTexts={setTexts}
            checked={checked}
            error={
              fieldError(grant.error, 'target', 'tag', 'secret') ??
              (cannotShare
                ? 'To share this secret, you need UPDATE access to the secret.'
                : checked || text !== ''
                  ? wrong
                  : undefined)
            }
          />
          {isTarget && (type === 'Tag' ? <TagReach tag={settled} /> : <SecretReach name={settled} />)}
        </>
      ) : (
        <SubjectSelect
          label="Share with"
          value={chosen}
          onChange={setChosen}
          error={
            fieldError(grant.error, 'subjectId') ??
            (checked && chosen === null ? 'Choose a user, a group or an application.' : undefined)
          }
        />
      )}
      <AccessPicks
        value={access}
        onChange={setPicked}
        refusal={(one) => (mayGive(one) ? undefined : 'You do not have this access to the secret')}
        error={
          fieldError(grant.error, 'access') ??
          (checked && access.length === 0 ? 'Choose at least one access.' : undefined)
        }
      />
      <MomentField label="Expires" ends value={end} onChange={setEnd} error={fieldError(grant.error, 'expiresAt')} />
      {isTarget &&
        complete &&
        (shows ? (
          <AccessPreview changes={changes} onShown={onShown} />
        ) : (
          <Text size="sm" c="dimmed">
            You see a preview only if you are allowed to grant this permission.
          </Text>
        ))}
    </DialogForm>
  );
}

/**
 * Returns the viewer's access to the secret. Returns undefined while the query is loading, or if no secret with the name `name` is visible
 * to the viewer.
 */
function useHeld(name: string | undefined): readonly Access[] | undefined {
  const { data } = useAsk(TargetSecret, { name: name ?? '' }, { enabled: name !== undefined });
  return name === undefined ? undefined : data?.secret?.viewerAccess;
}

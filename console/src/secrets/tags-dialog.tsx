import { Button, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { AccessPreview, useSeen } from '../access/access-preview.tsx';
import { useChange } from '../api/queries.ts';
import { type AccessChange, TagSecret, UntagSecret } from '../generated/operations.ts';
import { MAX_TAGS } from '../limits.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useEntered } from '../parts/entered.tsx';
import { notify } from '../parts/notify.tsx';
import { fieldError, ProblemAlert } from '../parts/problem-alert.tsx';
import { TagsField, tagOf, tagProblem } from '../parts/tags.tsx';
import { type Session, session } from '../session/session.ts';

interface Props {
  secret: { name: string; tags: readonly { id: string }[] };
  onClose: () => void;
}

/** Dialog that changes the tags of a secret. The dialog first shows who would gain access and who would lose access. */
export function TagsDialog({ secret, opened, onClose }: Props & { opened: boolean }) {
  return (
    <Dialog opened={opened} onClose={onClose} title={`Edit tags of ${secret.name}`}>
      <Form secret={secret} onClose={onClose} />
    </Dialog>
  );
}

function Form({ secret: { name, tags: current }, onClose }: Props) {
  // The tags that the secret had when the dialog opened. The dialog sends only the tags that the user added or removed. The dialog
  // therefore does not overwrite concurrent changes of other tags.
  const [before, setBefore] = useState(() => current.map(({ id }) => id));
  const [wanted, setWanted] = useState(before);
  const [problem, setProblem] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  // All requests of the dialog use the same session, because another user may sign in before the last request.
  const begun = useRef<Session>(undefined);
  const as = () => begun.current;
  const tag = useChange(TagSecret, { as });
  const untag = useChange(UntagSecret, { as });

  const valid = wanted.every((text) => tagProblem(text) === undefined);
  const changes = useMemo(() => (valid ? changesOf(name, before, wanted) : []), [name, before, wanted, valid]);
  const { seen, onShown } = useSeen(changes);
  useEntered(wanted.join() !== before.join());
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || changes.length === 0) return;
    begun.current = session.current();
    setBusy(true);
    setProblem(undefined);
    try {
      for (const change of changes) {
        if (change.tag) await tag.mutateAsync(change.tag);
        if (change.untag) await untag.mutateAsync(change.untag);
        // The gateway has saved each completed request, even if a later request fails.
        setBefore((tags) => after(tags, change));
      }
      notify(`Saved the tags of ${name}.`);
      onClose();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const atTags = fieldError(problem, 'tags');
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          A grant on a tag gives access to every secret with the tag.
        </Text>
        <TagsField value={wanted} onChange={setWanted} error={atTags} />
        <AccessPreview changes={changes} onShown={onShown} />
        {atTags === undefined && <ProblemAlert problem={problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy} disabled={changes.length === 0 || !seen}>
            Save tags
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function changesOf(name: string, before: readonly string[], wanted: readonly string[]): AccessChange[] {
  const added = wanted.filter((id) => !before.includes(id)).map(tagOf);
  const taken = before.filter((id) => !wanted.includes(id)).map(tagOf);
  const tag = added.length > 0 ? [{ tag: { name, tags: added } }] : [];
  const untag = taken.length > 0 ? [{ untag: { name, tags: taken } }] : [];
  // The dialog removes tags after it has added tags, because the removal of a tag may revoke the viewer's own right to change tags. If the
  // new tags would exceed the maximum number of tags, the dialog removes tags first.
  return before.length + added.length > MAX_TAGS ? [...untag, ...tag] : [...tag, ...untag];
}

function after(tags: readonly string[], { tag, untag }: AccessChange): string[] {
  const ids = (some: readonly { key: string; value: string }[] = []) => some.map(({ key, value }) => `${key}:${value}`);
  return [...tags.filter((id) => !ids(untag?.tags).includes(id)), ...ids(tag?.tags)];
}

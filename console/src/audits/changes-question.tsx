import { Button, SimpleGrid, Stack } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { SubjectSelect } from '../access/subject-select.tsx';
import { MAX_SEARCHED_DAYS } from '../limits.ts';
import { MomentField } from '../parts/moment-field.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { useSubject } from './named-subject.ts';

/**
 * The query of a search for access changes. If `until` is empty, the search ends at the present time. If `from` is empty, the
 * search begins seven days before `until`.
 */
export interface AskedChanges {
  principal: string;
  secret: string;
  from: string;
  until: string;
}

const MAX_SEARCHED_MS = MAX_SEARCHED_DAYS * 86_400_000;

/**
 * The form in which the user enters the query of a search for access changes. While `from` and `until` are empty, the form shows the
 * default period `shown`.
 */
export function ChangesQuestion({
  asked,
  shown,
  onAsk,
}: {
  asked: AskedChanges;
  shown: { from: string; until: string };
  onAsk: (asked: AskedChanges) => void;
}) {
  const all = readsAll(useViewer());
  const [draft, setDraft] = useState(asked);
  const [submitted, setSubmitted] = useState(false);
  const { principal: who, secret, from, until } = asked;
  // The form copies its values from the URL whenever the URL changes, because a link can open the same page with another query.
  useEffect(() => setDraft({ principal: who, secret, from, until }), [who, secret, from, until]);
  const principal = useSubject(draft.principal);
  const change = (changed: Partial<AskedChanges>) => setDraft((before) => ({ ...before, ...changed }));

  const nobody = draft.principal === '' && draft.secret.trim() === '';
  const between = new Date(draft.until || shown.until).getTime() - new Date(draft.from || shown.from).getTime();
  const order = between <= 0 ? 'The start must be before the end' : undefined;
  const length =
    between > MAX_SEARCHED_MS ? `The start must be at most ${MAX_SEARCHED_DAYS} days before the end` : undefined;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSubmitted(true);
    if (nobody || order || length) return;
    onAsk({ ...draft, secret: draft.secret.trim() });
  };

  return (
    <form onSubmit={submit} aria-label="Query">
      <Stack gap="sm" align="flex-start">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="sm" w="100%">
          <SubjectSelect
            label="User or application"
            kinds={all ? ['user', 'application'] : ['user']}
            value={principal}
            onChange={(next) => change({ principal: next?.id ?? '' })}
            error={submitted && nobody ? 'Choose a user, an application or a secret' : undefined}
          />
          <SecretSelect value={draft.secret} onChange={(name) => change({ secret: name })} />
          <MomentField
            label="From"
            value={draft.from || shown.from}
            onChange={(at) => change({ from: at })}
            error={order ?? length}
          />
          <MomentField label="Until" value={draft.until || shown.until} onChange={(at) => change({ until: at })} />
        </SimpleGrid>
        <Button type="submit">Search</Button>
      </Stack>
    </form>
  );
}

import { Button, Input, SegmentedControl, Select, SimpleGrid, Stack } from '@mantine/core';
import { type FormEvent, useEffect, useState } from 'react';
import { SubjectSelect } from '../access/subject-select.tsx';
import { everyAccess } from '../parts/access-names.ts';
import { MomentField } from '../parts/moment-field.tsx';
import { SecretSelect } from '../secrets/secret-select.tsx';
import { readsAll, useViewer } from '../session/viewer.ts';
import { daysBefore, gatewayNow } from './gateway-now.ts';
import { useSubject } from './named-subject.ts';

/**
 * The query of an access review. An empty text in `principal`, `secret` or `access` matches everything. An empty text in `at` means the
 * present time.
 */
export interface AskedAccess {
  principal: string;
  secret: string;
  access: string;
  at: string;
}

/** The form in which the user enters the query of an access review. */
export function AccessQuestion({
  asked,
  onAsk,
  onAskAgain,
}: {
  asked: AskedAccess;
  onAsk: (asked: AskedAccess) => void;
  onAskAgain: () => void;
}) {
  const all = readsAll(useViewer());
  const [draft, setDraft] = useState(asked);
  const [past, setPast] = useState(asked.at !== '');
  const [submitted, setSubmitted] = useState(false);
  const { principal: who, secret, access, at } = asked;
  // The form copies its values from the URL when the URL changes, because a link can open the same page with another query.
  useEffect(() => {
    setDraft({ principal: who, secret, access, at });
    setPast(at !== '');
  }, [who, secret, access, at]);
  const principal = useSubject(draft.principal);
  const change = (changed: Partial<AskedAccess>) => setDraft((before) => ({ ...before, ...changed }));
  const nobody = draft.principal === '' && draft.secret.trim() === '';
  const noTime = past && draft.at === '';

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setSubmitted(true);
    if (nobody || noTime) return;
    const next = { ...draft, secret: draft.secret.trim(), at: past ? draft.at : '' };
    const same = Object.entries(next).every(([name, value]) => asked[name as keyof AskedAccess] === value);
    if (same) onAskAgain();
    else onAsk(next);
  };

  return (
    <form onSubmit={submit} aria-label="Query">
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }} spacing="sm">
          <SubjectSelect
            label="User or application"
            kinds={all ? ['user', 'application'] : ['user']}
            value={principal}
            onChange={(next) => change({ principal: next?.id ?? '' })}
            error={submitted && nobody ? 'Choose a user, an application or a secret' : undefined}
          />
          <SecretSelect value={draft.secret} onChange={(secret) => change({ secret })} />
          <Select
            label="Access"
            data={[{ value: '', label: 'Any access' }, ...everyAccess]}
            value={draft.access}
            onChange={(access) => change({ access: access ?? '' })}
            allowDeselect={false}
          />
          <Input.Wrapper label="When" labelElement="div">
            <SegmentedControl
              fullWidth
              aria-label="When"
              data={[
                { value: 'now', label: 'Now' },
                { value: 'past', label: 'In the past' },
              ]}
              value={past ? 'past' : 'now'}
              onChange={(when) => {
                setPast(when === 'past');
                if (when === 'past' && draft.at === '') change({ at: daysBefore(gatewayNow(), 1).toISOString() });
              }}
            />
          </Input.Wrapper>
        </SimpleGrid>
        <Stack align="flex-start" gap="sm">
          {past && (
            <MomentField
              label="Time"
              value={draft.at}
              onChange={(at) => change({ at })}
              error={submitted && noTime ? 'Enter a date and a time' : undefined}
            />
          )}
          <Button type="submit">Search</Button>
        </Stack>
      </Stack>
    </form>
  );
}

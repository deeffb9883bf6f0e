import { useMemo } from 'react';
import { usePages } from '../api/queries.ts';
import { type Access, AskAccess, type AskAccessQuery } from '../generated/operations.ts';
import { everyAccess } from '../parts/access.tsx';
import { EmptyState } from '../parts/empty-state.tsx';
import { instantOf } from '../parts/instant.ts';
import { Page } from '../parts/page.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { AccessAnswer } from './access-answer.tsx';
import { AccessQuestion } from './access-question.tsx';
import { ofThis } from './answered.ts';
import { ReportButton } from './csv-button.tsx';
import { Explanation } from './explanation.tsx';
import { useSubject } from './named-subject.ts';

const pick = ({ accessEntries }: AskAccessQuery) => accessEntries;

export function AccessPage() {
  const viewer = useViewer();
  const [state, change] = useUrlState({ principal: '', secret: '', access: '', at: '' });
  const nothing = state.principal === '' && state.secret === '';
  // Whoever may not ask about others begins with themselves.
  const principal = nothing && !readsAll(viewer) ? viewer.id : state.principal;
  const access = everyAccess.find((one) => one === state.access) ?? '';
  const at = instantOf(state.at);
  const { secret } = state;
  const explains = principal !== '' && secret !== '' && access !== '' && at === '';
  const asks = (principal !== '' || secret !== '') && !explains;
  const variables = useMemo(
    () => ({
      principalId: principal || null,
      secret: secret || null,
      access: (access || null) as Access | null,
      at: at || null,
    }),
    [principal, secret, access, at],
  );
  const pages = usePages(AskAccess, variables, pick, { enabled: asks });
  const subject = useSubject(principal);
  const asked = { principalId: principal, secret, access };

  return (
    <Page
      title="Who can do what"
      about={
        readsAll(viewer)
          ? 'Who can do what to which secret, by which ways, now or at a moment in the past.'
          : 'You may ask about yourself, also in the past; and for a secret on which you have UPDATE, who can do something with it now.'
      }
      actions={
        explains ? (
          <ReportButton report="explain" asked={asked} />
        ) : (
          <ReportButton report="entries" asked={{ ...asked, at }} disabled={!asks} />
        )
      }
    >
      <AccessQuestion asked={{ principal, secret, access, at }} onAsk={change} onAskAgain={pages.retry} />
      {explains && subject !== null && <Explanation subject={subject} secret={secret} access={access as Access} />}
      {asks && <AccessAnswer subject={subject} secret={secret} access={access} at={at} pages={ofThis(pages)} />}
      {!explains && !asks && (
        <EmptyState title="Ask a question">
          Choose a secret to see who can do something with it, a user or an application to see what it can do, or both
          to see by which ways. With an access as well you are told why, or why not.
        </EmptyState>
      )}
    </Page>
  );
}

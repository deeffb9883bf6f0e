import { useMemo } from 'react';
import { usePages } from '../api/queries.ts';
import { type Access, AskAccess, type AskAccessQuery } from '../generated/operations.ts';
import { everyAccess } from '../parts/access-names.ts';
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
  // If the viewer may not query the access of other principals, the page first shows the viewer's own access.
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
      title="Access review"
      about={
        readsAll(viewer)
          ? 'See who has access to which secret, and through which paths, now or at a past time.'
          : 'You can review your own access, now or at a past time. If you have UPDATE access to a secret, you can also see who has access to the secret now.'
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
        <EmptyState title="Choose a principal or a secret">
          Choose a secret to see who has access to the secret. Choose a user or an application to see which secrets the
          principal can access. Choose a principal and a secret to see the access paths between them. If you also choose
          an access, the page explains why the access is allowed or refused.
        </EmptyState>
      )}
    </Page>
  );
}

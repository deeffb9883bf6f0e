import { useMemo, useState } from 'react';
import { usePages } from '../api/queries.ts';
import { AskChanges, type AskChangesQuery } from '../generated/operations.ts';
import { MAX_SEARCHED_DAYS } from '../limits.ts';
import { EmptyState } from '../parts/empty-state.tsx';
import { instantOf } from '../parts/instant.ts';
import { Page } from '../parts/page.tsx';
import { PagedTable } from '../parts/paged-table.tsx';
import { useUrlState } from '../parts/url-state.ts';
import { readsAll, useViewer } from '../session/viewer.ts';
import { ofThis } from './answered.ts';
import { changeColumns } from './change-columns.tsx';
import { type AskedChanges, ChangesQuestion } from './changes-question.tsx';
import { ReportButton } from './csv-button.tsx';
import { daysBefore, gatewayNow } from './gateway-now.ts';
import { missingSecret } from './missing-secret.ts';
import { useRetiredUntil } from './retired.ts';

const pick = ({ accessChanges }: AskChangesQuery) => accessChanges;
const DAYS = 7;

export function ChangesPage() {
  const viewer = useViewer();
  const all = readsAll(viewer);
  const [state, change] = useUrlState({ principal: '', secret: '', from: '', until: '' });
  const [now, setNow] = useState(gatewayNow);
  const { secret } = state;
  // If the viewer has neither ADMIN nor AUDITOR, the page first shows the changes of the viewer's own access.
  const principal = state.principal === '' && secret === '' && !all ? viewer.id : state.principal;
  const until = instantOf(state.until) || now.toISOString();
  const from = instantOf(state.from) || daysBefore(new Date(until), DAYS).toISOString();
  const asks = principal !== '' || secret !== '';
  const variables = useMemo(
    () => ({ from, until, principalId: principal || null, secret: secret || null }),
    [from, until, principal, secret],
  );
  const pages = usePages(AskChanges, variables, pick, { enabled: asks });
  const retiredUntil = useRetiredUntil(all);
  const columns = useMemo(() => changeColumns({ events: all, retiredUntil }), [all, retiredUntil]);

  const ask = (asked: AskedChanges) => {
    setNow(gatewayNow());
    change(asked);
  };
  return (
    <Page
      title="Access changes"
      about={
        all
          ? `See who gained or lost access to which secret, and which action caused the access change. A search covers at most ${MAX_SEARCHED_DAYS} days.`
          : 'See which access you gained or lost, and when. To see the access changes of other principals, you need the role ADMIN or AUDITOR.'
      }
      actions={
        <ReportButton report="changes" asked={{ from, until, principalId: principal, secret }} disabled={!asks} />
      }
    >
      <ChangesQuestion
        asked={{ principal, secret, from: instantOf(state.from), until: instantOf(state.until) }}
        shown={{ from, until }}
        onAsk={ask}
      />
      {asks ? (
        <PagedTable
          caption="Access gained and lost"
          columns={columns}
          pages={ofThis(pages)}
          words={missingSecret(pages.problem)}
          rowKey={({ at, principal, secret }) => `${at} ${principal.id} ${secret.id}`}
          empty={
            <EmptyState title="No access changes">
              No principal gained or lost access in the chosen period. Try a longer period.
            </EmptyState>
          }
        />
      ) : (
        <EmptyState title="Choose a principal or a secret">
          Choose a user or an application to see which access the principal gained or lost. Choose a secret to see who
          gained or lost access to the secret.
        </EmptyState>
      )}
    </Page>
  );
}

import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

/** What stands in place of a page that shows what everybody did. */
export function OnlyAuditors({ title }: { title: string }) {
  return (
    <Page title={title}>
      <EmptyState title="Only for auditors">
        This page needs the role ADMIN or AUDITOR. To see your own access and its reasons, open Access review.
      </EmptyState>
    </Page>
  );
}

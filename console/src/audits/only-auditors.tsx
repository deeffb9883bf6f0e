import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

/** Replaces a page that needs ADMIN or AUDITOR. */
export function OnlyAuditors({ title }: { title: string }) {
  return (
    <Page title={title}>
      <EmptyState title="Only for auditors">
        This page needs the role ADMIN or AUDITOR. To see your own access and its reasons, open Access review.
      </EmptyState>
    </Page>
  );
}

import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

/** What stands in place of a page that shows what everybody did. */
export function OnlyAuditors({ title }: { title: string }) {
  return (
    <Page title={title}>
      <EmptyState title="This is for auditors">
        It takes the role ADMIN or AUDITOR. What you can do yourself, and why or why not, is told under Who can do what.
      </EmptyState>
    </Page>
  );
}

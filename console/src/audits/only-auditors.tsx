import { EmptyState } from '../parts/empty-state.tsx';
import { Page } from '../parts/page.tsx';

/** Message in place of a page that only ADMIN and AUDITOR may see. */
export function OnlyAuditors({ title }: { title: string }) {
  return (
    <Page title={title}>
      <EmptyState title="Only administrators and auditors can see this page">
        To see this page, you need the role ADMIN or AUDITOR. To see your own access and the reasons for your access,
        open Access review.
      </EmptyState>
    </Page>
  );
}

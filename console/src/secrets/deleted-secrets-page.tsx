import { Page } from '../parts/page.tsx';

export function DeletedSecretsPage() {
  return <Page title="Deleted secrets">{null}</Page>;
}

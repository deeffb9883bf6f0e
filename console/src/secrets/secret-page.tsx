import { Page } from '../parts/page.tsx';

export function SecretPage() {
  return <Page title="Secret">{null}</Page>;
}

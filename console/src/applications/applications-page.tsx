import { Page } from '../parts/page.tsx';

export function ApplicationsPage() {
  return <Page title="Applications">{null}</Page>;
}

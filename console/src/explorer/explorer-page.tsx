import { Page } from '../parts/page.tsx';

export function ExplorerPage() {
  return <Page title="GraphQL explorer">{null}</Page>;
}

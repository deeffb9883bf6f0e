import { Page } from '../parts/page.tsx';

export function AccessPage() {
  return <Page title="Who can do what">{null}</Page>;
}

import { Page } from '../parts/page.tsx';

export function UnusedPage() {
  return <Page title="Unused permissions">{null}</Page>;
}

import { Page } from '../parts/page.tsx';

export function SimulationPage() {
  return <Page title="What a change would do">{null}</Page>;
}

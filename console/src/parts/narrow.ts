import { useMediaQuery } from '@mantine/hooks';

/** Whether the screen is too narrow for tables with all columns, as on a phone. Known from the first render on. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false });
}

import { useMediaQuery } from '@mantine/hooks';

/** Whether the screen is a phone's: narrower than tables with all their columns. Known from the first drawing on. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false });
}

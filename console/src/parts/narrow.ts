import { useMediaQuery } from '@mantine/hooks';

/** Whether the screen is too narrow for tables with all columns, for example on a phone. The result is right from the first render on. */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false });
}

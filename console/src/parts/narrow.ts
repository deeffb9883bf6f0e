import { useMediaQuery } from '@mantine/hooks';

/**
 * Returns true if the screen is too narrow for tables with all columns, for example on a phone. The hook already knows the screen width on
 * the first render.
 */
export function useNarrow(): boolean {
  return useMediaQuery('(max-width: 48em)', undefined, { getInitialValueInEffect: false });
}

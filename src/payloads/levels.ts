/**
 * The maximum number of nested levels of objects and lists in a payload and in inserted values. The gateway refuses deeper JSON before it passes the
 * JSON to a recursive function.
 */
export const MOST_LEVELS = 100;

/** The maximum nesting of objects and lists in a payload and in inserted values. Deeper JSON is refused before a recursive function gets the JSON. */
export const MOST_LEVELS = 100;

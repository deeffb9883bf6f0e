/** Levels of objects and lists in a payload, and in values inserted into it. Deeper JSON is refused before any recursive function gets it. */
export const MOST_LEVELS = 100;

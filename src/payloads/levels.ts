/** Levels of objects and lists in a payload, and in what is put into it. More are refused before anything goes through them by recursion. */
export const MOST_LEVELS = 100;

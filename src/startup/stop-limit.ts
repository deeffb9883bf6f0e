/** The maximum time of a clean stop, in milliseconds. A process that is still stopping after this time exits with an error. */
export const MAX_STOP_MS = 30_000;

// Limits of the gateway that forms of the console check before a request. The gateway checks every limit again.
// `test/console/limits.unit.test.ts` compares each limit with the limit of the gateway.

/** Maximum number of characters in the name of a secret, user, group or application, and in a username. */
export const MAX_NAME_LENGTH = 255;
/** Maximum number of characters in a description. */
export const MAX_DESCRIPTION_LENGTH = 2_000;
export const MAX_EMAIL_LENGTH = 320;
export const MIN_PASSWORD_LENGTH = 8;
/** Maximum number of characters in a secret value. */
export const MAX_VALUE_LENGTH = 65_535;
/** Maximum number of characters before the colon of a tag. */
export const MAX_TAG_KEY_LENGTH = 100;
/** Maximum number of characters after the colon of a tag. */
export const MAX_TAG_VALUE_LENGTH = 255;
/** Maximum number of tags of a secret. */
export const MAX_TAGS = 50;
/** Maximum number of changes in a simulation. */
export const MAX_SIMULATED_CHANGES = 50;
/** Maximum number of days in a search for access changes, and in a search for unused permissions. */
export const MAX_SEARCHED_DAYS = 366;
/** The number of days for which a deleted secret can be restored. */
export const RESTORABLE_DAYS = 30;

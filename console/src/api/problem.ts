// What went wrong, in words with what to do.

/** A refusal or a failure, as the gateway told it, or `UNREACHABLE` where it told nothing. */
export class Problem extends Error {
  readonly code: string;
  /** The argument at fault, such as `input.name`; undefined where none is. */
  readonly field: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  constructor(
    code: string,
    message: string,
    { field, retryAfter }: { field?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.field = field;
    this.retryAfter = retryAfter;
  }
}

export interface Words {
  title: string;
  /** What it is, and what to do. */
  text: string;
}

const WORDS: Record<string, (problem: Problem) => Words> = {
  UNREACHABLE: () => ({
    title: 'The gateway does not answer',
    text: 'Nothing of what you entered is lost. See whether you are connected, and try again.',
  }),
  UNAUTHENTICATED: () => ({ title: 'You are not signed in any more', text: 'Sign in again to go on where you were.' }),
  FORBIDDEN: ({ message }) => ({
    title: 'You may not do this',
    text: `${message} Whoever administers the gateway can grant it to you.`,
  }),
  NOT_FOUND: ({ message }) => ({
    title: 'It is not there',
    text: `${message} It may have been deleted or renamed meanwhile, or you do not see it any more.`,
  }),
  BAD_USER_INPUT: ({ message }) => ({ title: 'Something is not right yet', text: message }),
  CONFLICT: ({ message }) => ({ title: 'That cannot be done as it is', text: message }),
  VERSION_CONFLICT: () => ({
    title: 'Somebody was faster',
    text: 'It has a newer version since you looked. Look at that one first, then decide again.',
  }),
  NAME_TAKEN: ({ message }) => ({ title: 'The name is taken', text: `${message} Choose another one.` }),
  EXPIRED: ({ message }) => ({
    title: 'Its time is over',
    text: `${message} Who has UPDATE on it can give it a later end.`,
  }),
  ESCALATION: ({ message }) => ({
    title: 'You would gain or give more than you have',
    text: `${message} An administrator can do it.`,
  }),
  LAST_ADMIN: () => ({
    title: 'Nobody could administer the gateway any more',
    text: 'This is the last active administrator who can sign in. Make another one first.',
  }),
  RATE_LIMITED: ({ retryAfter }) => ({
    title: 'Too many failures',
    text:
      retryAfter === undefined
        ? 'Wait for a while, then try again.'
        : `Try again in ${retryAfter < 90 ? `${retryAfter} seconds` : `${Math.ceil(retryAfter / 60)} minutes`}.`,
  }),
  UNAVAILABLE: () => ({
    title: 'The gateway cannot do this at the moment',
    text: 'Nothing was done, and nothing of what you entered is lost. Try again in a moment.',
  }),
};

/** What to tell a person of anything that was thrown. */
export function wordsFor(error: unknown): Words {
  if (!(error instanceof Problem)) {
    return {
      title: 'The console has a fault',
      text: 'Load the page again. If it stays so, tell who runs the gateway.',
    };
  }
  return (
    WORDS[error.code]?.(error) ?? {
      title: 'Something went wrong in the gateway',
      text: `It could not do this: ${error.message}`,
    }
  );
}

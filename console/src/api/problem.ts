// Error messages. Each message says what is wrong and what the user can do.

/** An error that the gateway reported, or `UNREACHABLE` if the gateway did not answer. */
export class Problem extends Error {
  readonly code: string;
  /** The argument that the gateway refused, such as `input.name`. */
  readonly field: string | undefined;
  /** Number of seconds after which the client may retry. */
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
  /** `title` says what is wrong; `text` says what the user can do. */
  text: string;
}

const WORDS: Record<string, (problem: Problem) => Words> = {
  UNREACHABLE: () => ({
    title: 'Cannot reach the gateway',
    text: 'Check your connection and try again. Your input is kept.',
  }),
  UNAUTHENTICATED: () => ({ title: 'You are signed out', text: 'Sign in again to continue where you were.' }),
  FORBIDDEN: ({ message }) => ({
    title: 'Permission denied',
    text: `${message} An administrator can grant you access.`,
  }),
  NOT_FOUND: ({ message }) => ({
    title: 'Not found',
    text: `${message} It may have been deleted or renamed, or you can no longer see it.`,
  }),
  BAD_USER_INPUT: ({ message }) => ({ title: 'Invalid input', text: message }),
  CONFLICT: ({ message }) => ({ title: 'Not possible in the current state', text: message }),
  VERSION_CONFLICT: () => ({
    title: 'Someone else changed this',
    text: 'The secret has a newer version than the one you saw. Review the newer version, then try again.',
  }),
  NAME_TAKEN: ({ message }) => ({ title: 'Name already taken', text: `${message} Choose another name.` }),
  EXPIRED: ({ message }) => ({
    title: 'Secret expired',
    text: `${message} A user with UPDATE on the secret can set a later expiry time.`,
  }),
  ESCALATION: ({ message }) => ({
    title: 'This would exceed your own access',
    text: `${message} An administrator can make this change.`,
  }),
  LAST_ADMIN: () => ({
    title: 'The gateway needs an administrator',
    text: 'This is the last active administrator who can sign in. Add another administrator first.',
  }),
  RATE_LIMITED: ({ retryAfter }) => ({
    title: 'Too many failed attempts',
    text:
      retryAfter === undefined
        ? 'Wait a few minutes, then try again.'
        : `Try again in ${retryAfter < 90 ? `${retryAfter} seconds` : `${Math.ceil(retryAfter / 60)} minutes`}.`,
  }),
  UNAVAILABLE: () => ({
    title: 'Temporarily unavailable',
    text: 'The gateway returned no value. It may have saved a change: check before you try again. Your input is kept.',
  }),
};

/** The message for any thrown value. */
export function wordsFor(error: unknown): Words {
  if (!(error instanceof Problem)) {
    return {
      title: 'The console has an error',
      text: 'Reload the page. If the error persists, contact the operator of the gateway.',
    };
  }
  return (
    WORDS[error.code]?.(error) ?? {
      title: 'Gateway error',
      text: `The gateway could not complete the request: ${error.message}`,
    }
  );
}

// The error messages of the console. Each message says what is wrong and what the user can do.

/** An error that the gateway reported. The error code is `UNREACHABLE` if the gateway did not respond. */
export class Problem extends Error {
  readonly code: string;
  /** The path of the argument that the gateway refused, such as `input.name`. */
  readonly field: string | undefined;
  /** The rule that the argument breaks, such as `at most 64 characters`. Undefined if the error is not about a rule. */
  readonly expected: string | undefined;
  /** Number of seconds after which the client may retry. */
  readonly retryAfter: number | undefined;
  constructor(
    code: string,
    message: string,
    {
      field,
      expected,
      retryAfter,
    }: { field?: string | undefined; expected?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.field = field;
    this.expected = expected;
    this.retryAfter = retryAfter;
  }
}

export interface Words {
  title: string;
  /** The `title` says what is wrong. The `text` says what the user can do. */
  text: string;
}

const WORDS: Record<string, (problem: Problem) => Words> = {
  UNREACHABLE: () => ({
    title: 'Cannot reach the gateway',
    text: 'Check your network connection, then try again. You do not lose your input.',
  }),
  UNAUTHENTICATED: () => ({ title: 'You are signed out', text: 'Sign in again to continue on this page.' }),
  FORBIDDEN: ({ message }) => ({
    title: 'Permission denied',
    text: `${message} An administrator can grant you access.`,
  }),
  NOT_FOUND: ({ message }) => ({
    title: 'Not found',
    text: `${message} The object may have been deleted or renamed, or you may no longer see the object.`,
  }),
  BAD_USER_INPUT: ({ message }) => ({ title: 'Invalid input', text: message }),
  CONFLICT: ({ message }) => ({ title: 'The current state does not allow this action', text: message }),
  VERSION_CONFLICT: () => ({
    title: 'Someone else changed this secret',
    text: 'The secret has a newer version than the version that you saw. Review the newer version, then try again.',
  }),
  NAME_TAKEN: ({ message }) => ({ title: 'Name already taken', text: `${message} Choose another name.` }),
  EXPIRED: ({ message }) => ({
    title: 'Secret expired',
    text: `${message} A user with UPDATE access to the secret can set a later expiry time.`,
  }),
  ESCALATION: ({ message }) => ({
    title: 'This change would exceed your own access',
    text: `${message} An administrator can make this change.`,
  }),
  LAST_ADMIN: () => ({
    title: 'The gateway needs an administrator',
    text: 'After this change, no active administrator could sign in. Add another administrator first.',
  }),
  RATE_LIMITED: ({ retryAfter }) => ({
    title: 'Too many failed sign-in attempts',
    text:
      retryAfter === undefined
        ? 'Wait a few minutes, then try again.'
        : `Try again in ${retryAfter < 90 ? `${retryAfter} seconds` : `${Math.ceil(retryAfter / 60)} minutes`}.`,
  }),
  UNAVAILABLE: () => ({
    title: 'Temporarily unavailable',
    text: 'The gateway returned no value, but the gateway may have saved your change. Check whether the change was saved before you try again. You do not lose your input.',
  }),
};

/** Returns the error message for a thrown value of any type. */
export function wordsFor(error: unknown): Words {
  if (!(error instanceof Problem)) {
    return {
      title: 'Error in the console',
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

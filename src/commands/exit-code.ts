/** The exit codes of all commands. docs/cli.md documents these codes, and scripts rely on them. */
export const EXIT = {
  OK: 0,
  /** The command failed, or a check found a problem. */
  FAILED: 1,
  /** The arguments or the settings are wrong. The command changed nothing. */
  USAGE: 2,
  /** The gateway does not accept the credentials, or the user is not signed in. */
  SIGNED_OUT: 3,
  /** The gateway refuses the operation to this user. */
  FORBIDDEN: 4,
  /** The named object does not exist, or this user may not see the object. */
  NOT_FOUND: 5,
  /** The name is taken, the object is in use, or the object changed since the command read the object. */
  CONFLICT: 6,
  /** The gateway or the database is unreachable or overloaded. */
  UNAVAILABLE: 7,
  /** A signal from the terminal interrupted the command. */
  INTERRUPTED: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const OF_ERROR: Readonly<Record<string, ExitCode>> = {
  BAD_USER_INPUT: EXIT.USAGE,
  UNAUTHENTICATED: EXIT.SIGNED_OUT,
  FORBIDDEN: EXIT.FORBIDDEN,
  ESCALATION: EXIT.FORBIDDEN,
  LAST_ADMIN: EXIT.FORBIDDEN,
  NOT_FOUND: EXIT.NOT_FOUND,
  CONFLICT: EXIT.CONFLICT,
  VERSION_CONFLICT: EXIT.CONFLICT,
  NAME_TAKEN: EXIT.CONFLICT,
  UNAVAILABLE: EXIT.UNAVAILABLE,
  UNREACHABLE: EXIT.UNAVAILABLE,
  RATE_LIMITED: EXIT.UNAVAILABLE,
};

/** Returns the exit code for an error code of the gateway, or `FAILED` for all other errors. */
export function exitCodeOf(errorCode: unknown): ExitCode {
  return (typeof errorCode === 'string' && Object.hasOwn(OF_ERROR, errorCode) && OF_ERROR[errorCode]) || EXIT.FAILED;
}

// The errors that a caller can act on. An error that is not in this file is a bug in the gateway. For an error that is not in this file, the caller
// receives only the code INTERNAL_SERVER_ERROR.

/**
 * For each error code, the outcome that the audit log records for a request that fails with the code. Null if the audit log does not record requests
 * that fail with the code.
 */
const OUTCOMES = {
  UNAUTHENTICATED: null,
  BAD_USER_INPUT: null,
  FORBIDDEN: 'REFUSED',
  NOT_FOUND: 'REFUSED',
  ESCALATION: 'REFUSED',
  LAST_ADMIN: 'REFUSED',
  EXPIRED: 'REFUSED',
  UNRESOLVED_REFERENCES: 'REFUSED',
  UNSUPPORTED_PLACE: 'REFUSED',
  INVALID_TASK: 'REFUSED',
  RATE_LIMITED: 'REFUSED',
  CONFLICT: 'FAILED',
  VERSION_CONFLICT: 'FAILED',
  NAME_TAKEN: 'FAILED',
  UNAVAILABLE: 'FAILED',
  INTERNAL_SERVER_ERROR: 'FAILED',
} as const satisfies Record<string, 'REFUSED' | 'FAILED' | null>;

export type ErrorCode = keyof typeof OUTCOMES;

/** A detail of an error, as JSON that programs can evaluate. A detail never contains a secret value. */
export type Detail =
  | string
  | number
  | readonly string[]
  | readonly Readonly<Record<string, string | readonly string[]>>[];

/**
 * An error with a stable code. For an invalid argument, the error contains the name that the gateway's internal services use for the argument. Each
 * API then adds the path that its callers use for the argument. No message contains a secret value.
 */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /**
   * The path that the gateway's internal services use for the invalid argument, such as `tags.0.key`. The path is empty if the arguments are invalid
   * only in combination.
   */
  readonly field: string | undefined;
  /** Details of the error for programs, such as `currentVersion` or `retryAfter` (in seconds). Details never contain a secret value. */
  readonly details: Readonly<Record<string, Detail>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { field?: string; details?: Record<string, Detail>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.field = options.field;
    this.details = options.details ?? {};
  }

  get outcome(): 'REFUSED' | 'FAILED' | null {
    return OUTCOMES[this.code];
  }

  /** Returns the message for a caller whose request has the invalid argument at `path`. */
  messageAt(_path: string | undefined): string {
    return this.message;
  }
}

const TOKEN_FAULTS = {
  EXPIRED: 'This token has expired. Sign in again.',
  INVALID: 'This token is not valid or no longer valid. Sign in again.',
  MISSING: 'This request needs a token. Sign in first.',
};

export class Unauthenticated extends GatewayError {
  /** `EXPIRED` and `INVALID`: the token cannot be used, and the caller can sign in again. `MISSING`: the request had no token. */
  readonly reason: 'EXPIRED' | 'INVALID' | 'MISSING';
  constructor(reason: 'EXPIRED' | 'INVALID' | 'MISSING') {
    super('UNAUTHENTICATED', TOKEN_FAULTS[reason]);
    this.reason = reason;
  }
}

/** Sign-in failed. An unknown username, a wrong password and a deactivated account cause equal errors. */
export class SignInRefused extends GatewayError {
  constructor() {
    super('UNAUTHENTICATED', 'The credentials are wrong, or the account is deactivated.');
  }
  override get outcome(): 'REFUSED' {
    return 'REFUSED';
  }
}

export class Forbidden extends GatewayError {
  constructor(message: string, field?: string, details: Record<string, Detail> = {}) {
    super('FORBIDDEN', message, field === undefined ? { details } : { field, details });
  }
}

/** An object does not exist, or the caller may not see the object. A missing object and a hidden object cause equal errors. */
export class NotFound extends GatewayError {
  /** The kind of the object, such as `secret` or `user or application`. */
  readonly kind: string;
  constructor(kind: string, field?: string) {
    super('NOT_FOUND', `No such ${kind}.`, field === undefined ? {} : { field });
    this.kind = kind;
  }
}

/**
 * Returns an error message that consists of the path of the argument and the rule for the argument. If the path is empty, the message is only the
 * rule.
 */
function prefixed(path: string | undefined, expected: string): string {
  return path ? `${path}: ${expected}` : expected;
}

export class BadInput extends GatewayError {
  /** The rule for the argument, such as `at most 64 characters`. */
  readonly expected: string;
  constructor(field: string, expected: string) {
    super('BAD_USER_INPUT', prefixed(field, expected), { field });
    this.expected = expected;
  }

  override messageAt(path = this.field): string {
    return prefixed(path, this.expected);
  }
}

/** Definitions contain references to secrets that the caller may not register. Lists each place as a JSON Pointer in the body of the request. */
export class DefinitionsRefused extends GatewayError {
  constructor(message: string, validationErrors: readonly { path: string; message: string }[]) {
    super('BAD_USER_INPUT', message, { details: { validationErrors } });
  }
}

export class Conflict extends GatewayError {
  constructor(message: string, field?: string, details: Record<string, Detail> = {}) {
    super('CONFLICT', message, field === undefined ? { details } : { field, details });
  }
}

export class VersionConflict extends GatewayError {
  constructor(currentVersion: number) {
    super('VERSION_CONFLICT', `The current version is ${currentVersion}.`, {
      field: 'expectedVersion',
      details: { currentVersion },
    });
  }
}

export class NameTaken extends GatewayError {
  constructor(kind: string, field: string) {
    super('NAME_TAKEN', `A ${kind} with this name already exists.`, { field });
  }
}

/** The change would give a principal access that the caller does not have. */
export class Escalation extends GatewayError {
  constructor(message: string, field?: string) {
    super('ESCALATION', message, field === undefined ? {} : { field });
  }
}

export class LastAdmin extends GatewayError {
  constructor() {
    super('LAST_ADMIN', 'This change is refused, because no active administrator could sign in after the change.');
  }
}

/** The secret's `expiresAt` has passed. The secret's metadata is still visible, but the secret's value is not visible. */
export class Expired extends GatewayError {
  constructor() {
    super('EXPIRED', 'This secret has expired.');
  }
}

/**
 * Lists the references of a payload that cannot be resolved. For each reference, the list contains the JSON Pointers to its places in the payload. If
 * this error is thrown, no reference in the payload was resolved.
 */
export class UnresolvedReferences extends GatewayError {
  /** The keys of this map are the secret names in the references. Each value is the first problem that was found with the secret. */
  readonly problems: ReadonlyMap<string, string>;
  constructor(
    references: readonly {
      name: string;
      pointers: readonly string[];
      problem: string;
      /**
       * The reference that the caller probably meant. The JSON field names in the suggestion are copied from the payload, never from the secret
       * value.
       */
      suggestion?: string | undefined;
    }[],
  ) {
    const listed = references.map(({ name, pointers, problem, suggestion }) => ({
      name,
      pointers,
      problem,
      ...(suggestion !== undefined && { suggestion }),
    }));
    super('UNRESOLVED_REFERENCES', 'These references cannot be resolved.', { details: { references: listed } });
    const problems = new Map<string, string>();
    for (const { name, problem } of references) if (!problems.has(name)) problems.set(name, problem);
    this.problems = problems;
  }
}

/**
 * A task of a workflow engine cannot use its references to secrets. The message names secrets and places in the task, never a value. A retry of the
 * task would be refused too.
 */
export class TaskRefused extends GatewayError {
  constructor(
    code: 'UNRESOLVED_REFERENCES' | 'UNSUPPORTED_PLACE' | 'INVALID_TASK',
    message: string,
    references: readonly Readonly<Record<string, string | readonly string[]>>[] = [],
  ) {
    super(code, message, references.length === 0 ? {} : { details: { references } });
  }
}

export class RateLimited extends GatewayError {
  /** @param retryAfter The time in seconds after which the caller may try again. */
  constructor(retryAfter: number) {
    super('RATE_LIMITED', `Too many failed sign-ins. Try again in ${retryAfter} s.`, { details: { retryAfter } });
  }
}

/**
 * A stored sealed value cannot be decrypted, because its encryption key is missing or because the stored bytes were changed. The message names the
 * encryption key, not the value.
 */
export class Unopenable extends GatewayError {
  constructor(message: string, keyId: string) {
    super('INTERNAL_SERVER_ERROR', `${message}.`, { details: { keyId } });
  }
}

/** The database or the audit log is unreachable. No value was returned. If a change was being committed, the change may or may not be saved. */
export class Unavailable extends GatewayError {
  constructor(cause?: unknown) {
    super(
      'UNAVAILABLE',
      'Temporarily unavailable. No value was returned. A change may have been saved: check before retrying.',
      { cause },
    );
  }
}

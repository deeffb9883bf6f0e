// The errors that a caller can act on. The list is closed: any other error is a bug in the gateway, and callers get only the code
// INTERNAL_SERVER_ERROR.

/** The outcome in the audit event of a request that fails with this code. The field is null if the request has no audit event. */
const OUTCOMES = {
  UNAUTHENTICATED: null,
  BAD_USER_INPUT: null,
  FORBIDDEN: 'REFUSED',
  NOT_FOUND: 'REFUSED',
  ESCALATION: 'REFUSED',
  LAST_ADMIN: 'REFUSED',
  EXPIRED: 'REFUSED',
  UNRESOLVED_REFERENCES: 'REFUSED',
  RATE_LIMITED: 'REFUSED',
  CONFLICT: 'FAILED',
  VERSION_CONFLICT: 'FAILED',
  NAME_TAKEN: 'FAILED',
  UNAVAILABLE: 'FAILED',
  INTERNAL_SERVER_ERROR: 'FAILED',
} as const satisfies Record<string, 'REFUSED' | 'FAILED' | null>;

export type ErrorCode = keyof typeof OUTCOMES;

/** A fact about an error, for programs. JSON, and never a secret value. */
export type Detail =
  | string
  | number
  | readonly string[]
  | readonly Readonly<Record<string, string | readonly string[]>>[];

/** An error with a stable code. The error names arguments as the services do; each API adds the path that its callers use. No message contains a secret value. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** The invalid argument of the service, as a path: `tags.0.key`. The field is empty if all arguments together are invalid. */
  readonly field: string | undefined;
  /** More facts for programs, such as `currentVersion` or `retryAfter` (seconds). Never a secret value. */
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

  /** The message for a caller that wrote the invalid argument at `path`. */
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
  /** `EXPIRED` and `INVALID`: signing in again helps. `MISSING`: the request had no token. */
  readonly reason: 'EXPIRED' | 'INVALID' | 'MISSING';
  constructor(reason: 'EXPIRED' | 'INVALID' | 'MISSING') {
    super('UNAUTHENTICATED', TOKEN_FAULTS[reason]);
    this.reason = reason;
  }
}

/** Sign-in failed. The error is the same for an unknown username, a wrong password and a deactivated account. */
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

/** An object does not exist, or the caller may not see it. The two cases have the same answer. */
export class NotFound extends GatewayError {
  /** The kind of the object, such as `secret` or `user or application`. */
  readonly kind: string;
  constructor(kind: string, field?: string) {
    super('NOT_FOUND', `No such ${kind}.`, field === undefined ? {} : { field });
    this.kind = kind;
  }
}

export class BadInput extends GatewayError {
  /** The rule for the argument, such as `at most 64 characters`. */
  readonly expected: string;
  constructor(field: string, expected: string) {
    super('BAD_USER_INPUT', `${field}: ${expected}`, { field });
    this.expected = expected;
  }

  override messageAt(path = this.field): string {
    return `${path}: ${this.expected}`;
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

/** The change would give a principal more access than the caller has. */
export class Escalation extends GatewayError {
  constructor(message: string, field?: string) {
    super('ESCALATION', message, field === undefined ? {} : { field });
  }
}

export class LastAdmin extends GatewayError {
  constructor() {
    super('LAST_ADMIN', 'After this change, no active administrator could sign in.');
  }
}

/** The secret's `expiresAt` has passed. Its metadata is still visible, its value is not. */
export class Expired extends GatewayError {
  constructor() {
    super('EXPIRED', 'This secret has expired.');
  }
}

/** The references of a payload that cannot be resolved, each with the JSON Pointers to its places. No reference was resolved. */
export class UnresolvedReferences extends GatewayError {
  /** The first problem of each name. */
  readonly problems: ReadonlyMap<string, string>;
  constructor(
    references: readonly {
      name: string;
      pointers: readonly string[];
      problem: string;
      /** The reference that the caller probably meant. Its JSON member names come from the payload, never from the secret value. */
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

export class RateLimited extends GatewayError {
  /** @param retryAfter seconds */
  constructor(retryAfter: number) {
    super('RATE_LIMITED', `Too many failed sign-ins. Try again in ${retryAfter} s.`, { details: { retryAfter } });
  }
}

/** A stored sealed value cannot be opened: its encryption key is missing, or the stored bytes were changed. The message names the encryption key, not the value. */
export class Unopenable extends GatewayError {
  constructor(message: string, keyId: string) {
    super('INTERNAL_SERVER_ERROR', `${message}.`, { details: { keyId } });
  }
}

/** The database or the audit log is unreachable. No value was returned. A change whose commit was running may or may not be saved. */
export class Unavailable extends GatewayError {
  constructor(cause?: unknown) {
    super(
      'UNAVAILABLE',
      'Temporarily unavailable. No value was returned. A change may have been saved: check before retrying.',
      { cause },
    );
  }
}

// Every outcome that a caller can act on. The set is closed: what is not one of these is a fault of ours, and the edges
// show it as INTERNAL_SERVER_ERROR without a word of what it was.

/** What an audit event says of an attempt that ended in this code; null for one that never became an attempt. */
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

/** What a program is told with a code. JSON, and never a value. */
export type Detail =
  | string
  | number
  | readonly string[]
  | readonly Readonly<Record<string, string | readonly string[]>>[];

/** An outcome with a stable code. It names arguments as services do; each edge adds where its callers wrote them. No message has a value. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** The invalid argument of the service, as a path: `tags.0.key`. Empty if all arguments together are invalid. */
  readonly field: string | undefined;
  /** Further facts for a program, such as `currentVersion` or `retryAfter` (seconds). Never a value. */
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
  INVALID: 'This token is not valid, or not any more. Sign in again.',
  MISSING: 'Sign in first.',
};

export class Unauthenticated extends GatewayError {
  /** `EXPIRED` and `INVALID` tell clients whether signing in again is the remedy; `MISSING` that there was no token. */
  readonly reason: 'EXPIRED' | 'INVALID' | 'MISSING';
  constructor(reason: 'EXPIRED' | 'INVALID' | 'MISSING') {
    super('UNAUTHENTICATED', TOKEN_FAULTS[reason]);
    this.reason = reason;
  }
}

/** Sign-in failed. The same for an unknown name, a wrong password and a deactivated account. */
export class SignInRefused extends GatewayError {
  constructor() {
    super('UNAUTHENTICATED', 'These credentials do not sign anyone in.');
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
  /** `secret`, `user or application`. */
  readonly kind: string;
  constructor(kind: string, field?: string) {
    super('NOT_FOUND', `No such ${kind}.`, field === undefined ? {} : { field });
    this.kind = kind;
  }
}

export class BadInput extends GatewayError {
  /** What the argument must be: `at most 64 characters`. */
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
    super('NAME_TAKEN', `There is a ${kind} of this name already.`, { field });
  }
}

/** It would give the caller, or by the caller somebody, more than the caller has. */
export class Escalation extends GatewayError {
  constructor(message: string, field?: string) {
    super('ESCALATION', message, field === undefined ? {} : { field });
  }
}

export class LastAdmin extends GatewayError {
  constructor() {
    super('LAST_ADMIN', 'This would leave no active administrator who can sign in.');
  }
}

/** The secret's `expiresAt` has passed: its metadata still shows, its value does not. */
export class Expired extends GatewayError {
  constructor() {
    super('EXPIRED', 'This secret has expired.');
  }
}

/** References of a payload that cannot be resolved, each with the JSON Pointers to where it stands. Nothing was resolved. */
export class UnresolvedReferences extends GatewayError {
  /** The first problem of each name. */
  readonly problems: ReadonlyMap<string, string>;
  constructor(
    references: readonly {
      name: string;
      pointers: readonly string[];
      problem: string;
      /** The reference that the caller probably meant. Its keys come from the payload, never from the value. */
      suggestion?: string | undefined;
    }[],
  ) {
    const told = references.map(({ name, pointers, problem, suggestion }) => ({
      name,
      pointers,
      problem,
      ...(suggestion !== undefined && { suggestion }),
    }));
    super('UNRESOLVED_REFERENCES', 'These references cannot be resolved.', { details: { references: told } });
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

/** What is stored does not open: its key is missing, or it is not what was sealed there. The message names the key, not the value. */
export class Unopenable extends GatewayError {
  constructor(message: string, keyId: string) {
    super('INTERNAL_SERVER_ERROR', `${message}.`, { details: { keyId } });
  }
}

/** The database or the audit log is out of reach for now. Nothing was shown; a change whose commit was under way may be there or not. */
export class Unavailable extends GatewayError {
  constructor(cause?: unknown) {
    super(
      'UNAVAILABLE',
      'Not available right now. Nothing was shown; look whether a change was made before trying it again.',
      { cause },
    );
  }
}

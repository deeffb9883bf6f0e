import { GatewayError, Unavailable } from '../errors.ts';

/** SQLSTATEs (see Appendix A of PostgreSQL's manual) of temporary faults. A statement that fails with one of these SQLSTATEs changed no data. */
const UNAVAILABLE_STATES = new Set([
  '25006', // read only: the server is a replica, or a failover is in progress
  '25P03', // the transaction was idle for too long
  '25P04', // the transaction took too long
  '40001', // serialization failure, even after retries
  '40P01', // deadlock, even after retries
  '55P03', // a lock was not available in time
  '57014', // the statement took too long
  '57P01', // shutting down
  '57P02', // a server process crashed
  '57P03', // starting up
  '57P05', // the session was idle for too long
  '58030', // the disk failed
]);
/** Classes (first two characters) of SQLSTATEs for a lost connection (08), and for exhausted disk, memory or connections (53). */
const UNAVAILABLE_CLASSES = new Set(['08', '53']);
const UNAVAILABLE_CODES = new Set([
  // sockets
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_WRITE_AFTER_END'],
  // Prisma: the transaction could not begin in time, took too long, or lost its connection
  'P2028',
]);
/** Prisma's names for temporary faults. The gateway needs these names, because Prisma's adapter removes the SQLSTATE of some faults. */
const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
]);
/** Messages of `pg` for connection faults that have no error code. */
const UNAVAILABLE_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);

/** An error: the gateway could not open a connection to the database. `databaseFault` converts this error to `Unavailable` for every cause. */
export class NoConnection extends Error {
  constructor(cause: unknown) {
    const { message, code } = cause as { message?: string; code?: string };
    super(`No connection to the database: ${message || code || 'unknown reason'}`, { cause });
    this.name = 'NoConnection';
  }
}

/** Returns `Unavailable` if the database is temporarily unreachable, full or overloaded. In all other cases, the function returns `error` unchanged. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  return error instanceof NoConnection || factsOf(error).some(isUnavailable) ? new Unavailable(error) : error;
}

/** Returns whether PostgreSQL reported one of these SQLSTATEs. */
export function hasState(error: unknown, states: ReadonlySet<unknown>): boolean {
  return factsOf(error).some(({ code }) => states.has(code));
}

/**
 * Returns whether `error` is a deadlock or a serialization failure. After a deadlock or a serialization failure, PostgreSQL rolls the transaction
 * back, and the caller can retry the transaction immediately.
 */
export function isTransient(error: unknown): boolean {
  return factsOf(error).some(
    ({ code, kind }) => code === '40001' || code === '40P01' || kind === 'TransactionWriteConflict',
  );
}

/** Returns whether `error` reports a violation of the unique index `index`. */
export function isDuplicate(error: unknown, index: string): boolean {
  return factsOf(error).some(({ code, kind, constraint }) => {
    if (code === '23505') return constraint === index || indexNameOf(constraint) === index;
    return kind === 'UniqueConstraintViolation' && indexNameOf(constraint) === index;
  });
}

/** Returns whether `error` reports that a table has no partition for a row. */
export function isWithoutPartition(error: unknown): boolean {
  return factsOf(error).some(({ message }) => /^no partition of relation /.test(String(message)));
}

/** The data of one error in a chain of causes. The error is an error of `pg`, Prisma or Prisma's adapter. */
interface FaultFacts {
  code?: unknown;
  kind?: unknown;
  message?: unknown;
  constraint?: unknown;
}

function isUnavailable({ code, kind, message }: FaultFacts): boolean {
  if (typeof code === 'string') {
    if (UNAVAILABLE_CODES.has(code) || UNAVAILABLE_STATES.has(code)) return true;
    if (/^[0-9A-Z]{5}$/.test(code) && UNAVAILABLE_CLASSES.has(code.slice(0, 2))) return true;
  }
  return UNAVAILABLE_KINDS.has(String(kind)) || (code === undefined && UNAVAILABLE_MESSAGES.has(String(message)));
}

/**
 * Returns the data of `error` and of each of its causes. Prisma stores the error of its adapter in `meta`, and the adapter stores its data in
 * `cause`.
 */
function factsOf(error: unknown): FaultFacts[] {
  const found: FaultFacts[] = [];
  for (let at = error; typeof at === 'object' && at !== null && found.length < 8; ) {
    const { code, originalCode, kind, message, constraint, cause, meta } = at as FaultFacts & {
      originalCode?: unknown;
      cause?: unknown;
      meta?: { driverAdapterError?: unknown };
    };
    found.push({ code: originalCode ?? code, kind, message, constraint });
    at = meta?.driverAdapterError ?? cause;
  }
  return found;
}

function indexNameOf(constraint: unknown): unknown {
  return (constraint as { index?: unknown } | undefined)?.index;
}

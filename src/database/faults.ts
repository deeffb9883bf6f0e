import { GatewayError, Unavailable } from '../errors.ts';

/** SQLSTATEs (see Appendix A of PostgreSQL's manual) of temporary faults. The failed statement changed nothing. */
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
/** SQLSTATE classes for a lost connection, and for exhausted resources (disk, memory, connections). */
const UNAVAILABLE_CLASSES = new Set(['08', '53']);
const UNAVAILABLE_CODES = new Set([
  // sockets
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_WRITE_AFTER_END'],
  // Prisma: the transaction could not begin in time, took too long or was lost
  'P2028',
]);
/** Prisma's names for the same faults. Prisma's adapter drops the code of some of them. */
const UNAVAILABLE_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
]);
/** Messages of `pg` for connection faults without a code. */
const UNAVAILABLE_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);

/** No connection could be opened. The error counts as Unavailable, for every cause. */
export class NoConnection extends Error {
  constructor(cause: unknown) {
    const { message, code } = cause as { message?: string; code?: string };
    super(`No connection to the database: ${message || code || 'unknown reason'}`, { cause });
    this.name = 'NoConnection';
  }
}

/** Returns `Unavailable` if the database is temporarily unreachable, full or overloaded. Returns `error` itself otherwise. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  return error instanceof NoConnection || factsOf(error).some(isUnavailable) ? new Unavailable(error) : error;
}

/** Whether PostgreSQL reported one of these SQLSTATEs. */
export function hasState(error: unknown, states: ReadonlySet<unknown>): boolean {
  return factsOf(error).some(({ code }) => states.has(code));
}

/** Whether `error` is a deadlock or a serialization failure. The transaction changed nothing, and can be retried at once. */
export function isTransient(error: unknown): boolean {
  return factsOf(error).some(
    ({ code, kind }) => code === '40001' || code === '40P01' || kind === 'TransactionWriteConflict',
  );
}

/** Whether `error` says that the unique index `index` already has such a row. */
export function isDuplicate(error: unknown, index: string): boolean {
  return factsOf(error).some(({ code, kind, constraint }) => {
    if (code === '23505') return constraint === index || indexNameOf(constraint) === index;
    return kind === 'UniqueConstraintViolation' && indexNameOf(constraint) === index;
  });
}

/** Whether `error` says that no partition exists for a row. */
export function isWithoutPartition(error: unknown): boolean {
  return factsOf(error).some(({ message }) => /^no partition of relation /.test(String(message)));
}

/** The facts of one error in a chain of causes: an error of `pg` or Prisma, or the notes of Prisma's adapter. */
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

/** Returns the facts of `error` and its causes. Prisma stores its adapter's error in `meta`, and the adapter stores its notes in `cause`. */
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

import { GatewayError, Unavailable } from '../errors.ts';

/** What PostgreSQL says (SQLSTATE, see its Appendix A) when it cannot do it now and may later. Nothing was changed. */
const AWAY_STATES = new Set([
  '25006', // read only: a replica, or in the middle of a failover
  '25P03', // the transaction was idle for too long
  '25P04', // the transaction took too long
  '40001', // could not be serialized, and trying again did not help
  '40P01', // deadlock, likewise
  '55P03', // a lock was not to be had in time
  '57014', // the statement took too long
  '57P01', // shutting down
  '57P02', // a server process crashed
  '57P03', // starting up
  '57P05', // the session was idle for too long
  '58030', // the disk failed
]);
/** Classes of these states: connection lost, and resources at an end (disk, memory, connections). */
const AWAY_CLASSES = new Set(['08', '53']);
const AWAY_CODES = new Set([
  // sockets
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  ...['ERR_STREAM_DESTROYED', 'ERR_SOCKET_CLOSED', 'ERR_STREAM_WRITE_AFTER_END'],
  // Prisma: the transaction could not begin in time, took too long or was lost
  'P2028',
]);
/** What Prisma's adapter makes of the above; it leaves out the code of some. */
const AWAY_KINDS = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
]);
/** What `pg` says of a connection, without a code. */
const AWAY_MESSAGES = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
]);

/** No connection was to be had, whatever the reason: whoever gets none has no database. */
export class NoConnection extends Error {
  constructor(cause: unknown) {
    const { message, code } = cause as { message?: string; code?: string };
    super(`No connection to the database: ${message || code || 'unknown reason'}`, { cause });
    this.name = 'NoConnection';
  }
}

/** `error`, or `Unavailable` in its place if it means that the database is away, full or overloaded for now. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  return error instanceof NoConnection || links(error).some(isAway) ? new Unavailable(error) : error;
}

/** Whether PostgreSQL said one of these SQLSTATEs. */
export function hasState(error: unknown, states: ReadonlySet<unknown>): boolean {
  return links(error).some(({ code }) => states.has(code));
}

/** Whether `error` is a deadlock or a serialization failure: the transaction did nothing, and may be tried again at once. */
export function isTransient(error: unknown): boolean {
  return links(error).some(
    ({ code, kind }) => code === '40001' || code === '40P01' || kind === 'TransactionWriteConflict',
  );
}

/** Whether `error` says that a unique index, the one of this name, has the row already. */
export function isDuplicate(error: unknown, index: string): boolean {
  return links(error).some(({ code, kind, constraint }) => {
    if (code === '23505') return constraint === index || indexOf(constraint) === index;
    return kind === 'UniqueConstraintViolation' && indexOf(constraint) === index;
  });
}

/** Whether `error` says that a row belongs to no partition that there is. */
export function isWithoutPartition(error: unknown): boolean {
  return links(error).some(({ message }) => /^no partition of relation /.test(String(message)));
}

/** What is known of a fault at one place of its chain, be it an error of `pg`, one of Prisma, or what Prisma's adapter notes of either. */
interface Link {
  code?: unknown;
  kind?: unknown;
  message?: unknown;
  constraint?: unknown;
}

function isAway({ code, kind, message }: Link): boolean {
  if (typeof code === 'string') {
    if (AWAY_CODES.has(code) || AWAY_STATES.has(code)) return true;
    if (/^[0-9A-Z]{5}$/.test(code) && AWAY_CLASSES.has(code.slice(0, 2))) return true;
  }
  return AWAY_KINDS.has(String(kind)) || (code === undefined && AWAY_MESSAGES.has(String(message)));
}

/** `error` and what caused it. Prisma keeps what its adapter threw in `meta`, and the adapter its notes in `cause`. */
function links(error: unknown): Link[] {
  const found: Link[] = [];
  for (let at = error; typeof at === 'object' && at !== null && found.length < 8; ) {
    const { code, originalCode, kind, message, constraint, cause, meta } = at as Link & {
      originalCode?: unknown;
      cause?: unknown;
      meta?: { driverAdapterError?: unknown };
    };
    found.push({ code: originalCode ?? code, kind, message, constraint });
    at = meta?.driverAdapterError ?? cause;
  }
  return found;
}

function indexOf(constraint: unknown): unknown {
  return (constraint as { index?: unknown } | undefined)?.index;
}

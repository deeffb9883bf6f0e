import { GatewayError, Unavailable } from '../errors.ts';

/** Codes of Prisma, of PostgreSQL (SQLSTATE) and of sockets that mean: the database cannot do it now, and may later. */
const AWAY = new Set([
  // Prisma: not reachable, timed out, closed, no connection from the pool, transaction could not start or was lost
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2037'],
  // shutting down, starting up, too many connections, disk full, out of memory, read only, statement or lock timed out
  ...['57P01', '57P02', '57P03', '57P05', '53300', '53100', '53200', '25006', '25P03', '57014', '55P03'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
]);
/** What `pg` says without a code. */
const AWAY_MESSAGE =
  /connection terminated|connection error|timeout exceeded when trying to connect|timeout expired|query read timeout|cannot use a pool after|client has encountered|server closed the connection|not queryable|can't reach database|connection is closed|transaction already closed|unable to start a transaction|socket/i;

/** `error`, or `Unavailable` in its place if it means that the database is away, full or overloaded for now. */
export function databaseFault(error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const { code, meta } = at as { code?: unknown; meta?: { code?: unknown; driverAdapterError?: unknown } };
    for (const known of [code, meta?.code]) {
      if (typeof known === 'string' && (AWAY.has(known) || known.startsWith('08'))) return new Unavailable(error);
    }
    if (AWAY_MESSAGE.test(at.message)) return new Unavailable(error);
    const driver = meta?.driverAdapterError as { cause?: { kind?: string; originalCode?: string } } | undefined;
    const kind = driver?.cause?.kind ?? (at as { cause?: { kind?: string } }).cause?.kind;
    if (
      kind === 'DatabaseNotReachable' ||
      kind === 'ConnectionClosed' ||
      kind === 'SocketTimeout' ||
      kind === 'TooManyConnections'
    ) {
      return new Unavailable(error);
    }
    const state = driver?.cause?.originalCode;
    if (state !== undefined && (AWAY.has(state) || state.startsWith('08'))) return new Unavailable(error);
  }
  return error;
}

/** Whether `error` says that a unique index has the row already. `constraint` narrows it to one index. */
export function isDuplicate(error: unknown, constraint?: string): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const text = `${(at as { code?: string }).code ?? ''} ${JSON.stringify((at as { meta?: unknown }).meta ?? '')} ${at.message} ${JSON.stringify(at.cause ?? '')}`;
    if (/\b(P2002|23505|UniqueConstraintViolation)\b/.test(text))
      return constraint === undefined || text.includes(constraint);
  }
  return false;
}

// A sink receives audit events outside of the database: a file, a syslog server or an HTTP server.
import type { ChainedEvent } from '../audit-chain.ts';

export const SINK_NAMES = ['file', 'syslog', 'http'] as const;
export type SinkName = (typeof SINK_NAMES)[number];

export interface Sink {
  readonly name: SinkName;
  /**
   * Sends events. Resolves when the sink has the events on disk, or when the server accepted the events. A syslog server cannot confirm events.
   * `signal` ends the attempt.
   * @throws SinkFault, or an error with an error code such as ECONNREFUSED
   */
  send(events: readonly ChainedEvent[], signal: AbortSignal): Promise<void>;
}

/** A sink did not accept events. `reason` is a constant of the gateway and contains no data of the events and no credentials. */
export class SinkFault extends Error {
  readonly reason: string;
  constructor(reason: string) {
    super(reason);
    this.name = 'SinkFault';
    this.reason = reason;
  }
}

/** Returns the reason of a failed attempt for the log. Error messages of libraries can quote their input, so the reason is never such a message. */
export function reasonOf(error: unknown): string {
  if (error instanceof SinkFault) return error.reason;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause instanceof Error ? reasonOf(cause) : 'unknown error';
}

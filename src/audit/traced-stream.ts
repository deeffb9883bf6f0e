// Adds a span for each wait for the commit of audit events.
import type { Tracer } from '../telemetry/tracer.ts';
import type { AuditStream } from './audit-stream.ts';

/**
 * Requests of the same moment share the statement that inserts their audit events. The span of this statement belongs to the trace of one of the
 * requests. The span of this function belongs to the trace of its own request.
 */
export function tracedStream(stream: AuditStream, tracer: Tracer): AuditStream {
  return {
    ...stream,
    append: (...appended) => tracer.run({ name: 'commit audit events' }, () => stream.append(...appended)),
  };
}

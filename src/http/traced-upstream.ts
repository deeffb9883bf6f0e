// Adds a span for each request to the Conductor server. The requests contain the span as their parent (see `Tracer.headers`).
import type { Tracer } from '../telemetry/tracer.ts';
import type { Upstream } from './upstream.ts';

export function tracedUpstream(upstream: Upstream, tracer: Tracer): Upstream {
  const span = (method: string) => ({
    name: `conductor ${method}`,
    kind: 'client' as const,
    // The path of a request can contain input, so the span does not contain the path.
    attributes: { 'http.request.method': method, 'peer.service': 'conductor' },
  });
  return {
    ...upstream,
    forward: (incoming, ...others) => tracer.run(span(incoming.method), () => upstream.forward(incoming, ...others)),
    file: (incoming, path) => tracer.run(span(incoming.method), () => upstream.file(incoming, path)),
    get: (...args) => tracer.run(span('GET'), () => upstream.get(...args)),
    post: (...args) => tracer.run(span('POST'), () => upstream.post(...args)),
  };
}

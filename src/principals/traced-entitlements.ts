// Adds spans to the entitlement cache. A decision by cached entitlements without a statement makes no span.
import type { Tracer } from '../telemetry/tracer.ts';
import type { EntitlementCache } from './entitlement-cache.ts';

export function tracedEntitlements(cache: EntitlementCache, tracer: Tracer): EntitlementCache {
  const span = { name: 'entitlements' };
  return {
    ...cache,
    cached: (claims) => tracer.run(span, () => cache.cached(claims)),
    current: (claims) => tracer.run(span, () => cache.current(claims)),
    readWith: (claims, read) => tracer.run({ name: 'entitlements and data' }, () => cache.readWith(claims, read)),
  };
}

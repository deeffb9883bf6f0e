// Adds a span for each encryption and decryption of a secret value.
import type { Tracer } from '../telemetry/tracer.ts';
import type { SecretKey, SecretValues } from './secret-values.ts';

export function tracedValues(values: SecretValues, tracer: Tracer): SecretValues {
  const span = (name: string, secret: SecretKey, version: number) => ({
    name,
    attributes: { 'secret.version': version, ...(tracer.secretNames && { 'secret.name': secret.name }) },
  });
  return {
    seal: (secret, version, value) =>
      tracer.run(span('seal value', secret, version), () => values.seal(secret, version, value)),
    open: (secret, version, sealed) =>
      tracer.run(span('open value', secret, version), () => values.open(secret, version, sealed)),
    holds: (secret, version, sealed, value) =>
      tracer.run(span('compare value', secret, version), () => values.holds(secret, version, sealed, value)),
  };
}

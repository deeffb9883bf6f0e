import type { GatewayError } from '../errors.ts';
import { type IdKind, toGlobalId, toUuid } from '../primitives/ids.ts';

/** The resolver of `id` for objects with a UUID. */
export function globalId(kind: IdKind): (object: { id: string }) => string {
  return ({ id }) => toGlobalId(kind, id);
}

/** The UUID of a global id of the request. @throws the error of `otherwise` for a text that is not an id of this kind */
export function uuidOf(text: string, kind: IdKind, otherwise: () => GatewayError): string {
  const uuid = toUuid(text, kind);
  if (uuid === undefined) throw otherwise();
  return uuid;
}

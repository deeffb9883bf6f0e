import type { GatewayError } from '../errors.ts';
import { type IdKind, insideId, outsideId } from '../primitives/ids.ts';

/** The resolver of `id` for objects with a UUID. */
export function globalId(kind: IdKind): (object: { id: string }) => string {
  return ({ id }) => outsideId(kind, id);
}

/** The UUID of a global id of the request. @throws the error of `otherwise` for a text that is not an id of this kind */
export function uuidOf(text: string, kind: IdKind, otherwise: () => GatewayError): string {
  const uuid = insideId(text, kind);
  if (uuid === undefined) throw otherwise();
  return uuid;
}

import { type GlobalId, type IdKind, toGlobalId, type Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

/** Returns the `id` of an object in a GraphQL answer. A tag has no global id. The `id` of a tag is the tag itself. */
export type OutputId = GlobalId | TagText;

/** Returns the resolver of the field `id`, for objects with a UUID. */
export function globalId(kind: IdKind): (object: { id: Uuid }) => GlobalId {
  return ({ id }) => toGlobalId(kind, id);
}

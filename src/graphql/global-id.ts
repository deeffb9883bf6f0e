import { type GlobalId, type IdKind, toGlobalId, type Uuid } from '../primitives/ids.ts';
import type { TagText } from '../primitives/tag-text.ts';

/** The `id` of an object in an answer. A tag has no global id: its `id` is the tag. */
export type OutputId = GlobalId | TagText;

/** The resolver of `id` for objects with a UUID. */
export function globalId(kind: IdKind): (object: { id: Uuid }) => GlobalId {
  return ({ id }) => toGlobalId(kind, id);
}

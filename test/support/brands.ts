import type { Uuid } from '../../src/primitives/ids.ts';
import type { TagText } from '../../src/primitives/tag-text.ts';

/** Texts of a test that the gateway's parsers do not make. */
export const asUuid = (text: string): Uuid => text as Uuid;
export const asTag = (text: string): TagText => text as TagText;

import type { Uuid } from '../../src/primitives/ids.ts';
import type { TagText } from '../../src/primitives/tag-text.ts';

/** Creates branded strings for tests without the parsers of the gateway. */
export const asUuid = (text: string): Uuid => text as Uuid;
export const asTag = (text: string): TagText => text as TagText;

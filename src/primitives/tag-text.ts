import type { Brand } from './brand.ts';

/** A checked tag as text, `key:value`. The tag key has no colon. `tagText` (tags/tag.ts) makes a `TagText`. */
export type TagText = Brand<'TagText'>;

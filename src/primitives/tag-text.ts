import type { Brand } from './brand.ts';

/**
 * A checked tag in the form `key:value`. The tag key contains no colon. The function `tagText` (tags/tag.ts) checks a tag and returns a `TagText`.
 */
export type TagText = Brand<'TagText'>;

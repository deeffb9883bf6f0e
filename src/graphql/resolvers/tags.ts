import { splitTag } from '../../primitives/tag-text.ts';
import { direct } from '../direct-fields.ts';
import type { Resolvers, TagResolvers } from '../generated/types.ts';

export const tagResolvers: Resolvers = {
  Query: {
    tags: (_, { key, ...page }, { session }) => session.secretReader.listTags(key ?? null, page),
  },
  Tag: direct<TagResolvers>({
    id: ({ tag }) => tag,
    key: ({ tag }) => splitTag(tag).key,
    value: ({ tag }) => splitTag(tag).value,
    secretCount: ({ tag, count }, _, { session }) => count ?? session.secretReader.countTagged(tag),
  }),
};

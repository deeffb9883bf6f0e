import type { Resolvers } from '../graphql/generated/types.ts';
import { splitTag } from './tag.ts';

export const tagResolvers: Resolvers = {
  Query: {
    tags: (_, { key, ...page }, context) => context.signedIn().secretReader.listTags(key ?? null, page),
  },
  Tag: {
    id: ({ tag }) => tag,
    key: ({ tag }) => splitTag(tag).key,
    value: ({ tag }) => splitTag(tag).value,
    secretCount: ({ tag, count }, _, context) => count ?? context.signedIn().secretReader.countTagged(tag),
  },
};

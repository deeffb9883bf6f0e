import { ordered } from '../../access/permission.ts';
import { union } from '../../access/policy.ts';
import { BadInput, NotFound } from '../../errors.ts';
import { outsideId } from '../../primitives/ids.ts';
import { MASK } from '../../sensitive.ts';
import type { Resolvers } from '../generated/types.ts';
import { globalId, uuidOf } from '../global-id.ts';
import { selectsReveal } from '../reveal-selection.ts';
import { principalOf } from './principals.ts';

export const secretResolvers: Resolvers = {
  Query: {
    secret: (_, { name }, context, info) => context.secretNamed(name, selectsReveal(info)),
    secrets: (_, { filter, orderBy, ...page }, context) =>
      context.signedIn().secretReader.list(filter ?? {}, orderBy, page),
  },
  Secret: {
    id: globalId('SECRET'),
    value(secret, { reveal, version }, context) {
      if (!reveal) return MASK;
      // Histories, logs and caches keep the answers and URLs of GET requests.
      if (context.method !== 'POST') throw new BadInput('reveal', 'reveal requires POST');
      return context.signedIn().secretReader.reveal(secret, version ?? null);
    },
    versions: (secret, page, context) => context.signedIn().secretReader.versions(secret, page),
    tags: (secret) => secret.tags.map((tag) => ({ tag })),
    viewerAccess: (secret, _, context) => ordered(union(context.signedIn().secretReader.paths(secret))),
    createdBy: (secret, _, context) => principalOf(context, secret.createdBy),
    updatedBy: (secret, _, context) => principalOf(context, secret.updatedBy),
  },
  SecretVersion: {
    createdBy: (version, _, context) => principalOf(context, version.createdBy),
  },
  SecretName: {
    secret: ({ name }, _, context, info) => context.signedIn().secretReader.find(name, selectsReveal(info)),
  },
  Mutation: {
    createSecret: async (_, { input }, context) => ({ secret: await context.signedIn().secrets.create(input) }),
    updateSecret: async (_, { input }, context) => ({ secret: await context.signedIn().secrets.update(input) }),
    rotateSecret: (_, { input }, context) => context.signedIn().secrets.rotate(input),
    rollbackSecret: async (_, { name, version }, context) => ({
      secret: await context.signedIn().secrets.rollback(name, version),
    }),
    destroySecretVersion: async (_, { name, version }, context) => ({
      secret: await context.signedIn().secrets.destroyVersion(name, version),
    }),
    async deleteSecret(_, { name, purge }, context) {
      const { id, restorableUntil } = await context.signedIn().secrets.delete(name, purge);
      return { id: outsideId('SECRET', id), restorableUntil };
    },
    async restoreSecret(_, { id }, context) {
      const { secrets } = context.signedIn();
      return { secret: await secrets.restore(uuidOf(id, 'SECRET', () => new NotFound('secret', 'id'))) };
    },
    tagSecret: async (_, { name, tags }, context) => ({ secret: await context.signedIn().secrets.tag(name, tags) }),
    untagSecret: async (_, { name, tags }, context) => ({ secret: await context.signedIn().secrets.untag(name, tags) }),
  },
};

import { type GraphQLResolveInfo, getArgumentValues, type SelectionSetNode } from 'graphql';
import { ordered } from '../access/permission.ts';
import { union } from '../access/policy.ts';
import { BadInput, NotFound } from '../errors.ts';
import type { Resolvers } from '../graphql/generated/types.ts';
import { globalId, uuidOf } from '../graphql/nodes.ts';
import { principalOf } from '../graphql/principals.ts';
import { outsideId } from '../ids.ts';
import { MASK } from '../sensitive.ts';

export const secretResolvers: Resolvers = {
  Query: {
    secret: (_, { name }, context, info) => context.signedIn().secretReader.find(name, asksToReveal(info)),
    secrets: (_, { filter, orderBy, ...page }, context) =>
      context.signedIn().secretReader.list(filter ?? {}, orderBy, page),
  },
  Secret: {
    id: globalId('SECRET'),
    value(secret, { reveal, version }, context) {
      if (!reveal) return MASK;
      // What comes by GET is kept in histories, logs and caches.
      if (context.method !== 'POST') throw new BadInput('reveal', 'a value is revealed over POST only');
      return context.signedIn().secretReader.reveal(secret, version ?? null);
    },
    versions: (secret, page, context) => context.signedIn().secretReader.versions(secret, page),
    tags: (secret) => secret.tags.map((tag) => ({ tag })),
    viewerAccess: (secret, _, context) => ordered(union(context.signedIn().access.paths(secret))),
    createdBy: (secret, _, context) => principalOf(context, secret.createdBy),
    updatedBy: (secret, _, context) => principalOf(context, secret.updatedBy),
  },
  SecretVersion: {
    createdBy: (version, _, context) => principalOf(context, version.createdBy),
  },
  SecretName: {
    secret: ({ name }, _, context) => context.signedIn().secretReader.find(name, false),
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

/** Whether the selection below asks for a value to be revealed: so that it is read along, and an attempt on a hidden secret is recorded. */
function asksToReveal(info: GraphQLResolveInfo): boolean {
  const valueField = info.schema.getType('Secret');
  if (!valueField || !('getFields' in valueField)) return false;
  const definition = valueField.getFields().value;
  const inside = (selections: SelectionSetNode | undefined): boolean =>
    selections?.selections.some((selection) => {
      if (selection.kind === 'InlineFragment') return inside(selection.selectionSet);
      if (selection.kind === 'FragmentSpread') return inside(info.fragments[selection.name.value]?.selectionSet);
      if (selection.name.value !== 'value' || definition === undefined) return false;
      return getArgumentValues(definition as never, selection, info.variableValues).reveal === true;
    }) ?? false;
  return info.fieldNodes.some((node) => inside(node.selectionSet));
}

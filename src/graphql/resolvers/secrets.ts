import type { GraphQLResolveInfo } from 'graphql';
import { sortedAccesses } from '../../access/permission.ts';
import { union } from '../../access/policy.ts';
import { BadInput, NotFound } from '../../errors.ts';
import { requireUuid, toGlobalId } from '../../primitives/ids.ts';
import type { Page } from '../../primitives/pages.ts';
import type { SecretView } from '../../secrets/secret.ts';
import { isByName } from '../../secrets/secret-lists.ts';
import { MASK } from '../../sensitive.ts';
import { type Context, confirmedByRead } from '../context.ts';
import { direct } from '../direct-fields.ts';
import type { Resolvers, SecretResolvers, SecretVersionResolvers } from '../generated/types.ts';
import { globalId } from '../global-id.ts';
import { revealsIn } from '../reveal-selection.ts';
import { fieldsOfNodes } from '../selected-fields.ts';
import { principalOf } from './principals.ts';

/** The fields of a secret for which the gateway reads only the names of secrets. */
const ONLY_NAMES: ReadonlySet<string> = new Set(['name', '__typename']);

export const secretResolvers: Resolvers = {
  Query: {
    secret: confirmedByRead((_, { name }, context, info) => findByName(name, context, info)),
    secrets: confirmedByRead(async (_, { filter, orderBy, ...page }, { session: { secretReader } }, info) => {
      if (!isByName(orderBy) || !ONLY_NAMES.isSupersetOf(fieldsOfNodes(info)))
        return secretReader.list(filter ?? {}, orderBy, page);
      // INVARIANT: no resolver reads another field of these secrets than the name.
      return secretReader.listNames(filter ?? {}, orderBy, page) as Promise<Page<SecretView>>;
    }),
  },
  Secret: {
    ...direct<SecretResolvers>(
      {
        value(secret, { reveal, version }, { session, request }) {
          if (!reveal) return MASK;
          // The gateway refuses to reveal a secret value in a GET request, because browser histories, logs and caches store the answers and URLs of
          // GET requests.
          if (request.method !== 'POST') throw new BadInput('reveal', 'only in requests with the method POST');
          return session.secretReader.reveal(secret, version ?? null);
        },
      },
      // A reveal commits an audit event.
      ({ reveal }) => reveal !== false,
    ),
    ...direct<SecretResolvers>({
      id: globalId('SECRET'),
      versions: (secret, page, { session }) => session.secretReader.versions(secret, page),
      tags: (secret) => secret.tags.map((tag) => ({ tag })),
      viewerAccess: (secret, _, { session }) => sortedAccesses(union(session.secretReader.paths(secret))),
      createdBy: (secret, _, { session }) => principalOf(session, secret.createdBy),
      updatedBy: (secret, _, { session }) => principalOf(session, secret.updatedBy),
    }),
  },
  SecretVersion: direct<SecretVersionResolvers>({
    createdBy: (version, _, { session }) => principalOf(session, version.createdBy),
  }),
  SecretName: {
    secret: ({ name }, _, context, info) => findByName(name, context, info),
  },
  Mutation: {
    createSecret: confirmedByRead(async (_, { input }, { session }) => ({
      secret: await session.secretChanges.create(input),
    })),
    updateSecret: async (_, { input }, { session }) => ({ secret: await session.secrets.update(input) }),
    rotateSecret: confirmedByRead((_, { input }, { session }) => session.secretChanges.rotate(input)),
    rollbackSecret: confirmedByRead(async (_, { name, version }, { session }) => ({
      secret: await session.secretChanges.rollback(name, version),
    })),
    destroySecretVersion: async (_, { name, version }, { session }) => ({
      secret: await session.secrets.destroyVersion(name, version),
    }),
    deleteSecret: confirmedByRead(async (_, { name, purge }, { session }) => {
      const { id, restorableUntil } = await session.secretChanges.delete(name, purge);
      return { id: toGlobalId('SECRET', id), restorableUntil };
    }),
    async restoreSecret(_, { id }, { session }) {
      const { secrets } = session;
      return { secret: await secrets.restore(requireUuid(id, 'SECRET', () => new NotFound('secret', 'id'))) };
    },
    tagSecret: confirmedByRead(async (_, { name, tags }, { session }) => ({
      secret: await session.secretChanges.tag(name, tags),
    })),
    untagSecret: confirmedByRead(async (_, { name, tags }, { session }) => ({
      secret: await session.secretChanges.untag(name, tags),
    })),
  },
};

/** Finds a secret by name. If the selection reveals only the current value, the gateway decides about the reveal when it finds the secret. */
function findByName(
  name: string,
  { session: { secretReader }, request }: Context,
  info: GraphQLResolveInfo,
): Promise<SecretView | null> {
  const reveals = revealsIn(info);
  // The field `value` refuses a reveal in a GET request.
  if (reveals === 'CURRENT' && request.method === 'POST') return secretReader.findAndReveal(name);
  return secretReader.find(name, reveals !== 'NONE');
}

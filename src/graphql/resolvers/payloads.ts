import { BadInput } from '../../errors.ts';
import type { PayloadService } from '../../payloads/payload-service.ts';
import type { Json } from '../../primitives/json.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';

/** What comes by GET is kept in histories, logs and caches: no payload is to. @throws BadInput, Unauthenticated */
function payloadsOf(context: Context): PayloadService {
  const { payloads } = context.signedIn();
  requirePost(context);
  return payloads;
}

function requirePost({ method }: Context): void {
  if (method !== 'POST') throw new BadInput('payload', 'payloads are taken over POST only');
}

export const payloadResolvers: Resolvers = {
  Query: {
    resolveReferences: (_, { payload, input }, context) =>
      context.early(async ({ payloads }) => {
        requirePost(context);
        return payloads.resolve(payload as Json, (input ?? undefined) as Json | undefined);
      }),
    checkReferences: (_, { payload, principalId }, context) =>
      payloadsOf(context).check(payload as Json, principalId == null ? undefined : { id: principalId }),
    maskPayload: (_, { payload, definition, maskedFields }, context) =>
      payloadsOf(context).mask(payload as Json, {
        definition: (definition ?? undefined) as Json | undefined,
        maskedFields,
      }),
    archivePayload: (_, { payload, maskedFields }, context) =>
      payloadsOf(context).archive(payload as Json, maskedFields),
  },
  Mutation: {
    runUpdateSecretTask: async (_, { input }, context) => ({
      secret: await context.signedIn().payloads.updateSecret(input as Json),
    }),
  },
};

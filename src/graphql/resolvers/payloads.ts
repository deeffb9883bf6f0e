import { BadInput } from '../../errors.ts';
import type { PayloadService } from '../../payloads/payload-service.ts';
import type { Context } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';

/** The payload service, for a POST only: histories, logs and caches keep the URL of a GET. @throws BadInput, Unauthenticated */
function payloadsOf(context: Context): PayloadService {
  const { payloads } = context.signedIn();
  requirePost(context);
  return payloads;
}

function requirePost({ method }: Context): void {
  if (method !== 'POST') throw new BadInput('payload', 'payloads require POST');
}

export const payloadResolvers: Resolvers = {
  Query: {
    resolveReferences: (_, { payload, input }, context) =>
      context.early(async ({ payloads }) => {
        requirePost(context);
        return payloads.resolve(payload, input ?? undefined);
      }),
    checkReferences: (_, { payload, principalId }, context) =>
      payloadsOf(context).check(payload, principalId == null ? undefined : { id: principalId }),
    maskPayload: (_, { payload, definition, maskedFields }, context) =>
      payloadsOf(context).mask(payload, {
        definition: definition ?? undefined,
        maskedFields,
      }),
    archivePayload: (_, { payload, maskedFields }, context) => payloadsOf(context).archive(payload, maskedFields),
  },
  Mutation: {
    runUpdateSecretTask: async (_, { input }, context) => ({
      secret: await context.signedIn().payloads.updateSecret(input),
    }),
  },
};

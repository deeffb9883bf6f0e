import { BadInput } from '../../errors.ts';
import type { PayloadService } from '../../payloads/payload-service.ts';
import { type Context, confirmedByRead } from '../context.ts';
import type { Resolvers } from '../generated/types.ts';

/**
 * Returns the payload service. The function refuses GET requests, because browser histories, logs and caches store the URLs of GET requests. @throws
 * BadInput
 */
function payloadsOf({ session, request }: Context): PayloadService {
  if (request.method !== 'POST') throw new BadInput('payload', 'only in requests with the method POST');
  return session.payloads;
}

export const payloadResolvers: Resolvers = {
  Query: {
    resolveReferences: confirmedByRead((_, { payload, input }, context) =>
      payloadsOf(context).resolve(payload, input ?? undefined),
    ),
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
    runUpdateSecretTask: async (_, { input }, { session }) => ({
      secret: await session.payloads.updateSecret(input),
    }),
  },
};

import { BadInput } from '../errors.ts';
import type { PermissionInput, PermissionTargetInput, Resolvers } from '../graphql/generated/types.ts';
import { globalId, typed } from '../graphql/nodes.ts';
import { principalOf } from '../graphql/principals.ts';
import { secretName } from '../secrets/secret.ts';
import { tagText } from '../tags/tag.ts';
import type { Target } from './permission.ts';
import type { PermissionRequest } from './permission-service.ts';

export const permissionResolvers: Resolvers = {
  Query: {
    permissions: (_, { subjectId, target, ...page }, context) =>
      context
        .signedIn()
        .permissions.list({ subjectId: subjectId ?? null, target: target ? targetOf(target, 'target') : null }, page),
  },
  Permission: {
    id: globalId('PERMISSION'),
    async subject({ subjectKind, subjectId }, _, context) {
      const { groups } = context.signedIn();
      const subject =
        subjectKind === 'GROUP' ? await groups.byId.load(subjectId) : await principalOf(context, subjectId);
      if (subject === null) throw new Error('A current grant has a subject that is gone.');
      return subjectKind === 'GROUP' ? (typed('GROUP', subject) as never) : (subject as never);
    },
    target: ({ target }) =>
      (target.kind === 'TAG'
        ? { __typename: 'Tag', tag: target.text }
        : { __typename: 'SecretName', name: target.text }) as never,
    grantedBy: (permission, _, context) => principalOf(context, permission.grantedBy),
  },
  Mutation: {
    grantPermission: async (_, { input }, context) => ({
      permission: await context.signedIn().permissions.grant(requestOf(input)),
    }),
    revokePermission: async (_, { input }, context) => ({
      permission: await context.signedIn().permissions.revoke(requestOf(input)),
    }),
  },
};

function requestOf({ subjectId, target, access, expiresAt }: PermissionInput): PermissionRequest {
  return { subjectId, target: targetOf(target, 'input.target'), access, expiresAt };
}

function targetOf(target: PermissionTargetInput, field: string): Target {
  if (target.tag != null) return { kind: 'TAG', text: tagText(target.tag, `${field}.tag`) };
  if (target.secret != null) return { kind: 'SECRET', text: secretName(target.secret, `${field}.secret`) };
  throw new BadInput(field, 'exactly one of tag and secret');
}

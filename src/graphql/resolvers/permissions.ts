import type { PermissionRequest } from '../../access/grant-decisions.ts';
import { resourceName, type Target } from '../../access/permission.ts';
import type { AccessChange } from '../../access-audit/history/access-change.ts';
import { BadInput } from '../../errors.ts';
import { toGlobalId, toUuid, type Uuid } from '../../primitives/ids.ts';
import type { GranteeKind } from '../../principals/principal.ts';
import { secretName } from '../../secrets/secret.ts';
import type { Session } from '../../session/session.ts';
import { tagText, tagTexts } from '../../tags/tag.ts';
import { confirmedByRead } from '../context.ts';
import { direct } from '../direct-fields.ts';
import type {
  AccessChange as AccessChangeInput,
  PermissionInput,
  PermissionResolvers,
  PermissionTargetInput,
  Resolvers,
  ResolversTypes,
  ResolversUnionTypes,
  SecretTagInput,
} from '../generated/types.ts';
import { globalId } from '../global-id.ts';
import { withTypename } from '../typename.ts';
import { principalOf } from './principals.ts';

type Subject = ResolversUnionTypes<ResolversTypes>['Subject'];

export const permissionResolvers: Resolvers = {
  Query: {
    permissions: (_, { subjectId, target, ...page }, { session }) =>
      session.permissionReader.list(
        { subjectId: subjectId ?? null, target: target ? targetOf(target, 'target') : null },
        page,
      ),
    simulateAccess: (_, { changes, first }, { session }) =>
      session.accessSimulation.simulate(changes.map(changeOf), first),
  },
  Permission: direct<PermissionResolvers>({
    id: globalId('PERMISSION'),
    async subject({ subjectKind, subjectId }, _, { session }) {
      const subject = await findSubject(session, subjectKind, subjectId);
      if (subject !== null) return subject;
      // The subject of a grant may be deleted, because answers about past access contain grants to deleted subjects.
      const deleted = await findDeletedSubject(session, subjectKind, subjectId);
      if (deleted === null) throw new Error('A grant names a subject that never existed.');
      return deleted;
    },
    target: ({ target: { kind, text } }) => {
      if (kind === 'TAG') return { __typename: 'Tag', tag: text };
      if (kind === 'SECRET') return { __typename: 'SecretName', name: text };
      return { __typename: 'Resource', type: kind, name: text };
    },
    grantedBy: (permission, _, { session }) => principalOf(session, permission.grantedBy),
    viewerMayRevoke: (permission, _, { session }) => session.permissionReader.mayRevoke(permission),
  }),
  Mutation: {
    grantPermission: confirmedByRead(async (_, { input }, { session }) => ({
      permission: await session.permissionAttempts.grant(requestOf(noGrantId(input))),
    })),
    revokePermission: confirmedByRead(async (_, { input }, { session }) => ({
      permission: await session.permissionAttempts.revoke({ ...requestOf(input), permissionId: grantId(input) }),
    })),
  },
};

function requestOf({ subjectId, target, access, expiresAt }: PermissionInput): PermissionRequest {
  return { subject: { id: subjectId }, target: targetOf(target, 'target'), access, expiresAt };
}

/** Returns the UUID of the grant to revoke. If the result is null, the gateway revokes all matching grants. @throws BadInput */
function grantId({ permissionId }: PermissionInput, at = ''): Uuid | null {
  if (permissionId == null) return null;
  const uuid = toUuid(permissionId, 'PERMISSION');
  if (uuid === undefined) throw new BadInput(`${at}permissionId`, 'the id of a permission: `per_…`');
  return uuid;
}

/** @throws BadInput */
function noGrantId(input: PermissionInput, at = ''): PermissionInput {
  if (input.permissionId != null)
    throw new BadInput(
      `${at}permissionId`,
      'not allowed in a grant, because a grant creates a new permission; omit `permissionId`',
    );
  return input;
}

function targetOf(target: PermissionTargetInput, field: string): Target {
  if (target.tag != null) return { kind: 'TAG', text: tagText(target.tag, `${field}.tag`) };
  if (target.secret != null) return { kind: 'SECRET', text: secretName(target.secret, `${field}.secret`) };
  if (target.resource != null) {
    const { type, name } = target.resource;
    return { kind: type, text: resourceName(name, `${field}.resource.name`) };
  }
  throw new BadInput(field, 'exactly one of tag, secret and resource');
}

async function findSubject(session: Session, kind: GranteeKind, id: Uuid): Promise<Subject | null> {
  const { groups, directory } = session;
  if (kind === 'ROLE') {
    const role = await directory.entryById.load(id);
    return role && withTypename('ROLE', { id: toGlobalId('ROLE', role.id), name: role.name });
  }
  if (kind !== 'GROUP') return principalOf(session, id);
  const group = await groups.byId.load(id);
  if (group === null) return null;
  return withTypename(
    'GROUP',
    groups.seesDetails(group) ? group : { ...group, name: toGlobalId('GROUP', id), description: null },
  );
}

async function findDeletedSubject(session: Session, kind: GranteeKind, id: Uuid): Promise<Subject | null> {
  const { accessObjects } = session;
  switch (kind) {
    case 'USER':
      return withTypename(kind, await accessObjects.load(kind, id));
    case 'GROUP':
      return withTypename(kind, await accessObjects.load(kind, id));
    case 'APPLICATION':
      return withTypename(kind, await accessObjects.load(kind, id));
    case 'ROLE':
      return null;
  }
}

/** @throws BadInput with the path of the invalid input field */
function changeOf(input: AccessChangeInput, i: number): AccessChange {
  const at = (kind: AccessChange['kind']) => `changes.${i}.${kind}`;
  const { grant, revoke, tag, untag, addMember, removeMember, deleteGroup, setRoles } = input;
  if (grant != null)
    return {
      kind: 'grant',
      at: at('grant'),
      ...granted(noGrantId(grant, `${at('grant')}.`), at('grant')),
      permissionId: null,
    };
  if (revoke != null) {
    const permissionId = grantId(revoke, `${at('revoke')}.`);
    return { kind: 'revoke', at: at('revoke'), ...granted(revoke, at('revoke')), permissionId };
  }
  if (tag != null) return { kind: 'tag', at: at('tag'), ...tagged(tag, at('tag')) };
  if (untag != null) return { kind: 'untag', at: at('untag'), ...tagged(untag, at('untag')) };
  if (addMember != null) return { kind: 'addMember', at: at('addMember'), ...addMember };
  if (removeMember != null) return { kind: 'removeMember', at: at('removeMember'), ...removeMember };
  if (deleteGroup != null) return { kind: 'deleteGroup', at: at('deleteGroup'), groupId: deleteGroup };
  if (setRoles != null) return { kind: 'setRoles', at: at('setRoles'), ...setRoles };
  throw new BadInput(`changes.${i}`, 'exactly one change');
}

function granted({ subjectId, target, access, expiresAt }: PermissionInput, at: string) {
  return { subjectId, target: targetOf(target, `${at}.target`), access, expiresAt: expiresAt ?? null };
}

function tagged({ name, tags }: SecretTagInput, at: string) {
  return { secret: secretName(name, `${at}.name`), tags: tagTexts(tags, `${at}.tags`, 1) };
}

// Returns every root field of the schema as a GraphQL operation. The arguments of each operation name the objects of
// a test case.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { loadSchema } from '../../src/graphql/schema.ts';

/** The objects that the arguments of a test case name. Either all of these objects exist, or all are missing. */
export interface Named {
  secret: string;
  secretId: string;
  deletedSecretId: string;
  tag: { key: string; value: string };
  username: string;
  userId: string;
  group: string;
  groupId: string;
  applicationId: string;
  keyId: string;
  /** The subject of a grant in the arguments. */
  subjectId: string;
  /** The ids of all objects that have an id. The arguments of `node` use these ids. */
  nodeIds: string[];
}

export type Variables = Record<string, unknown>;

export const schema: GraphQLSchema = loadSchema();

export interface RootField {
  /** The schema coordinate of the root field, such as `Query.secret`. */
  at: string;
  field: GraphQLField<unknown, unknown>;
  /**
   * The GraphQL operation. It declares a variable for every argument, and selects all fields of the first two levels.
   */
  operation: string;
}

export const rootFields: readonly RootField[] = [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
  Object.values(root?.getFields() ?? {}).map((field) => {
    // If an argument has a default, the operation may omit the argument.
    const typeOf = (arg: GraphQLArgument) => (arg.defaultValue === undefined ? arg.type : getNullableType(arg.type));
    const declared = field.args.map((arg) => `$${arg.name}: ${typeOf(arg)}`).join(', ');
    const passed = field.args.map(({ name }) => `${name}: $${name}`).join(', ');
    const [kind, head, tail] = [
      root?.name === 'Mutation' ? 'mutation' : 'query',
      declared && `(${declared})`,
      passed && `(${passed})`,
    ];
    return {
      at: `${root?.name}.${field.name}`,
      field,
      operation: `${kind} ${head} { ${field.name}${tail} ${selectionOf(field.type, 2)} }`,
    };
  }),
);

/**
 * Selects all fields without a required argument, to this depth. For an interface or a union, selects the fields of
 * each of its types.
 */
function selectionOf(type: GraphQLOutputType, levels: number): string {
  const named = getNamedType(type);
  if (isLeafType(named)) return '';
  if (isAbstractType(named)) {
    const each = schema.getPossibleTypes(named);
    const clashing = new Set(
      each.flatMap((one) =>
        Object.values(one.getFields()).filter((field) => each.some((other) => differs(other, field))),
      ),
    );
    return `{ __typename ${each.map((one) => `... on ${one.name} ${fieldsOf(one, levels, clashing)}`).join(' ')} }`;
  }
  return isObjectType(named) ? fieldsOf(named, levels, new Set()) : '';
}

function differs(type: GraphQLObjectType, { name, type: own }: GraphQLField<unknown, unknown>): boolean {
  return String(type.getFields()[name]?.type ?? own) !== String(own);
}

/** If a field conflicts with a field of a different type of the union, the field receives an alias. */
function fieldsOf(type: GraphQLObjectType, levels: number, clashing: ReadonlySet<unknown>): string {
  const selected = Object.values(type.getFields()).flatMap((field) => {
    if (field.args.some(isRequiredArgument)) return [];
    if (levels === 0 && !isLeafType(getNamedType(field.type))) return [];
    const alias = clashing.has(field) ? `${type.name}_${field.name}: ` : '';
    return `${alias}${field.name} ${selectionOf(field.type, levels - 1)}`;
  });
  return `{ __typename ${selected.join(' ')} }`;
}

/** Returns arguments that name the objects of a test case. All arguments are valid by the schema. */
export const ARGUMENTS: Record<string, (named: Named, more: { value: string; name: string }) => Variables> = {
  'Query.viewer': () => ({}),
  'Query.node': ({ secretId }) => ({ id: secretId }),
  'Query.secret': ({ secret }) => ({ name: secret }),
  'Query.secrets': ({ secret, tag }) => ({ filter: { nameContains: secret, tags: [tag] }, first: 5 }),
  'Query.tags': ({ tag }) => ({ key: tag.key, first: 5 }),
  'Query.user': ({ username }) => ({ username }),
  'Query.users': ({ username }) => ({ nameContains: username, first: 5 }),
  'Query.group': ({ group }) => ({ name: group }),
  'Query.groups': ({ group }) => ({ nameContains: group, first: 5 }),
  'Query.application': ({ applicationId }) => ({ id: applicationId }),
  'Query.applications': () => ({ first: 5 }),
  'Query.permissions': ({ subjectId, secret }) => ({ subjectId, target: { secret }, first: 5 }),
  'Query.accessEntries': ({ userId, secret }) => ({ principalId: userId, secret, first: 5 }),
  'Query.explainAccess': ({ userId, secret }) => ({ principalId: userId, secret, access: 'READ' }),
  'Query.accessChanges': ({ userId, secret }) => ({
    from: '2026-01-01T00:00:00Z',
    until: '2026-01-02T00:00:00Z',
    principalId: userId,
    secret,
    first: 5,
  }),
  'Query.unusedPermissions': () => ({ since: '2026-01-01T00:00:00Z', first: 5 }),
  'Query.simulateAccess': ({ groupId, userId }) => ({
    changes: [{ addMember: { groupId, principalId: userId } }],
    first: 5,
  }),
  'Query.auditEvents': ({ userId, secret }) => ({ filter: { actorId: userId, secret }, first: 5 }),
  'Query.resolveReferences': ({ secret }) => ({ payload: { a: `\${workflow.secrets.${secret}}` } }),
  'Query.checkReferences': ({ secret, userId }) => ({
    payload: { a: `\${workflow.secrets.${secret}}` },
    principalId: userId,
  }),
  'Query.maskPayload': ({ secret }) => ({
    payload: ['a text'],
    definition: { a: `\${workflow.secrets.${secret}}` },
  }),
  'Query.archivePayload': () => ({ payload: { _secrets: 1 } }),

  'Mutation.signIn': ({ username }, { value }) => ({ username, password: value }),
  'Mutation.signInApplication': ({ keyId }, { value }) => ({ keyId, keySecret: value }),
  'Mutation.createSecret': ({ secret, tag }, { value }) => ({ input: { name: secret, value, tags: [tag] } }),
  'Mutation.updateSecret': ({ secret }, { name }) => ({ input: { name: secret, description: name } }),
  'Mutation.rotateSecret': ({ secret }, { value }) => ({ input: { name: secret, value } }),
  'Mutation.rollbackSecret': ({ secret }) => ({ name: secret, version: 1 }),
  'Mutation.destroySecretVersion': ({ secret }) => ({ name: secret, version: 1 }),
  'Mutation.deleteSecret': ({ secret }) => ({ name: secret, purge: true }),
  'Mutation.restoreSecret': ({ deletedSecretId }) => ({ id: deletedSecretId }),
  'Mutation.tagSecret': ({ secret, tag }) => ({ name: secret, tags: [tag] }),
  'Mutation.untagSecret': ({ secret, tag }) => ({ name: secret, tags: [tag] }),
  'Mutation.runUpdateSecretTask': ({ secret }, { value }) => ({
    input: { _secrets: { secretKey: secret, secretValue: value } },
  }),
  'Mutation.createGroup': ({ group }) => ({ input: { name: group, roles: ['WORKER'] } }),
  'Mutation.updateGroup': ({ groupId }, { name }) => ({ input: { id: groupId, name } }),
  'Mutation.deleteGroup': ({ groupId }) => ({ id: groupId }),
  'Mutation.addGroupMembers': ({ groupId, userId }) => ({ groupId, principalIds: [userId] }),
  'Mutation.removeGroupMembers': ({ groupId, userId }) => ({ groupId, principalIds: [userId] }),
  'Mutation.createApplication': (_, { name }) => ({ input: { name, description: name } }),
  'Mutation.updateApplication': ({ applicationId }, { name }) => ({ input: { id: applicationId, name } }),
  'Mutation.deleteApplication': ({ applicationId }) => ({ id: applicationId }),
  'Mutation.createAccessKey': ({ applicationId }) => ({ applicationId }),
  'Mutation.setAccessKeyActive': ({ keyId }) => ({ keyId, active: false }),
  'Mutation.deleteAccessKey': ({ keyId }) => ({ keyId }),
  'Mutation.createUser': ({ username }, { value, name }) => ({
    input: { username, name, email: name, password: value },
  }),
  'Mutation.updateUser': ({ userId }, { value, name }) => ({ input: { id: userId, name, password: value } }),
  'Mutation.deleteUser': ({ userId }) => ({ id: userId }),
  'Mutation.grantPermission': ({ subjectId, secret }) => ({
    input: { subjectId, target: { secret }, access: ['READ'] },
  }),
  'Mutation.revokePermission': ({ subjectId, secret }) => ({ input: { subjectId, target: { secret }, access: [] } }),
  'Mutation.verifyAuditLog': () => ({}),
};

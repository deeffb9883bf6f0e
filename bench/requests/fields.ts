// Defines, for each root field of the schema, the largest requests that the limits allow. The command `npm run bench -- requests` does not start if a
// root field has no request in this file.
import { type GraphQLSchema, getOperationAST, validate } from 'graphql';
import { checkCost, LIMITS, parseWithinLimits } from '../../src/graphql/limits.ts';
import type { Json } from '../../src/primitives/json.ts';
import { many, payloads } from './bodies.ts';
import type { Subjects } from './subjects.ts';

/** The documents for one root field. */
interface FieldCase {
  /** The variables of the document. Each variable consists of a type and a value. */
  readonly variables?: Readonly<Record<string, readonly [type: string, value: Json]>>;
  /**
   * Returns the text of the field with its arguments and its selection. The argument `i` is the number of the alias. The argument `first` is the page
   * size.
   */
  field(i: number, first: number): string;
}
type FieldCases = (subjects: Subjects) => Readonly<Record<string, FieldCase>>;

const one = (field: FieldCase['field'], variables?: FieldCase['variables']): FieldCases => {
  return () => ({ '': { field, ...(variables && { variables }) } });
};
const LINES = 'x'.repeat(2_000);
const NAME = 'n'.repeat(250);
/** A text that is longer than any valid name. */
const LONG = 'x'.repeat(1_000_000);
/** Creates a request for a field whose argument is a name. One variable contains a long text in place of the name. */
const byLongText = (field: string): FieldCase => ({ variables: { n: ['String!', LONG] }, field: () => field });
const PRINCIPAL = 'id name roles groups { id name roles }';
const SECRET =
  'id name description value version tags { id key value secretCount } viewerAccess expiresAt createdAt createdBy { id name } updatedBy { id name }';
const WAYS = 'access role tag { id } group { id name } permission { id access }';
const PERMISSIONS =
  'nodes { id access subject { ... on User { id name } ... on Group { id name } ... on Application { id name } } target { ... on Tag { id secretCount } ... on SecretName { name secret { id } } } grantedBy { id name } }';
const list = (field: string, nodes: string): FieldCases =>
  one((_, first) => `${field.replace('FIRST', String(first))} { nodes { ${nodes} } pageInfo { endCursor } }`);

/**
 * Creates a request for a field with a payload argument. One variable contains the payload. The request repeats the field with aliases up to the cost
 * limit.
 */
const payload =
  (
    field: string,
    selection: string,
    more: (payload: Json) => NonNullable<FieldCase['variables']> = () => ({}),
  ): FieldCases =>
  ({ secret }) =>
    Object.fromEntries(
      Object.entries(payloads(secret)).map(([kind, value]) => [
        kind,
        { variables: { p: ['JSON!', value], ...more(value) }, field: () => `${field} ${selection}` },
      ]),
    );

const tags = (count: number): Json[] =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: 'v'.repeat(200) }));
const mutation = (field: (i: number, subjects: Subjects) => string, variables?: FieldCase['variables']): FieldCases => {
  return (subjects) => ({ '': { field: (i) => field(i, subjects), ...(variables && { variables }) } });
};

export const FIELDS: Readonly<Record<string, FieldCases>> = {
  'Query.viewer': one(
    (_, first) => `viewer { ${PRINCIPAL} ... on User { permissions(first: ${first}) { nodes { id access } } } }`,
  ),
  'Query.node': (s) => ({
    '': {
      field: (_, first) =>
        `node(id: "${s.groupId}") { ... on Group { members(first: ${first}) { nodes { ${PRINCIPAL} } } } }`,
    },
  }),
  'Query.secret': (s) => ({
    '': {
      field: (_, first) =>
        `secret(name: "${s.secret}") { ${SECRET} accessEntries(first: ${first}) { nodes { principal { id } paths { ${WAYS} } } } }`,
    },
    revealed: { field: (i) => `secret(name: "${s.secrets[i % s.secrets.length]}") { value(reveal: true) }` },
  }),
  'Query.secrets': (s) => ({
    '': { field: (_, first) => `secrets(first: ${first}) { nodes { ${SECRET} } }` },
    filtered: {
      variables: { f: ['SecretFilter', { nameContains: 'a'.repeat(1_000), tags: tags(50) }] },
      field: (_, first) => `secrets(first: ${first}, filter: $f) { nodes { id } }`,
    },
    'one secret with its access entries': {
      field: (_, first) =>
        `secrets(first: ${first}) { nodes { id accessEntries(first: 20) { nodes { principal { id } paths { ${WAYS} } } } } }`,
    },
    'with many tags': {
      variables: { f: ['SecretFilter', { tags: tags(1_000) }] },
      field: (_, first) => `secrets(first: ${first}, filter: $f) { nodes { id name } }`,
    },
    'one reveal each': {
      field: (i) =>
        `secrets(first: 1, filter: {nameContains: "${s.secrets[i % s.secrets.length]}"}) { nodes { value(reveal: true) } }`,
    },
    'by a text above the limit': {
      variables: { f: ['SecretFilter', { nameContains: LONG }] },
      field: (_, first) => `secrets(first: ${first}, filter: $f) { nodes { id } }`,
    },
  }),
  'Query.tags': () => ({
    ...list('tags(first: FIRST)', 'id key value secretCount')({} as Subjects),
    'by a long tag key': byLongText('tags(key: $n, first: 1) { nodes { id } }'),
  }),
  'Query.user': (s) => ({
    '': {
      field: (_, first) =>
        `user(username: "${s.username}") { ${PRINCIPAL} permissions(first: ${first}) { ${PERMISSIONS} } }`,
    },
    'by a long name': byLongText('user(username: $n) { id }'),
  }),
  'Query.users': list('users(first: FIRST)', PRINCIPAL),
  'Query.group': (s) => ({
    'by a long name': byLongText('group(name: $n) { id }'),
    '': { field: (_, first) => `group(name: "${s.group}") { id members(first: ${first}) { nodes { ${PRINCIPAL} } } }` },
  }),
  'Query.groups': list('groups(first: FIRST)', 'id name roles members(first: 20) { nodes { id name } }'),
  'Query.application': (s) => ({
    '': {
      field: (_, first) =>
        `application(id: "${s.applicationId}") { ${PRINCIPAL} accessKeys { id } permissions(first: ${first}) { nodes { id } } }`,
    },
  }),
  'Query.applications': list('applications(first: FIRST)', `${PRINCIPAL} accessKeys { id } createdBy { id }`),
  'Query.permissions': one((_, first) => `permissions(first: ${first}) { ${PERMISSIONS} }`),
  'Query.accessEntries': (s) => ({
    'of a long name': byLongText('accessEntries(secret: $n, first: 1) { nodes { principal { id } } }'),
    '': {
      field: (_, first) =>
        `accessEntries(principalId: "${s.userId}", first: ${first}) { nodes { principal { id name } secret { id name tags { id } } paths { ${WAYS} } } }`,
    },
    'in the past': {
      field: (_, first) =>
        `accessEntries(secret: "${s.secret}", at: "${s.past}", first: ${first}) { nodes { principal { id name } secret { id name } paths { ${WAYS} } } }`,
    },
  }),
  'Query.explainAccess': (s) => ({
    'of a long name': byLongText(
      `explainAccess(principalId: "${s.userId}", secret: $n, access: READ) { allowed nearMisses { reason } }`,
    ),
    '': {
      field: () =>
        `explainAccess(principalId: "${s.userId}", secret: "${s.secret}", access: DELETE) { allowed paths { ${WAYS} } nearMisses { reason message permission { id } } }`,
    },
  }),
  'Query.accessChanges': (s) => ({
    '': {
      field: (_, first) =>
        `accessChanges(from: "${s.past}", until: "${s.present}", principalId: "${s.userId}", first: ${first}) { nodes { at principal { id } secret { id } gained lost event { id } } }`,
    },
  }),
  'Query.unusedPermissions': (s) => ({
    '': { field: (_, first) => `unusedPermissions(since: "${s.past}", first: ${first}) { ${PERMISSIONS} }` },
  }),
  'Query.simulateAccess': (s) => ({
    '': {
      variables: {
        c: [
          '[AccessChange!]!',
          Array.from(
            { length: 50 },
            (_, i): Json =>
              i % 2 === 0
                ? { deleteGroup: s.groupIds[1 + (i % (s.groupIds.length - 1))] as string }
                : {
                    grant: { subjectId: s.groupId, target: { tag: { key: 'team', value: `${i}` } }, access: ['READ'] },
                  },
          ),
        ],
      },
      field: (_, first) =>
        `simulateAccess(changes: $c, first: ${first}) { complete gained { principal { id name } secret { id name } access paths { ${WAYS} } } lost { principal { id name } secret { id name } access paths { ${WAYS} } } }`,
    },
    'many tags': {
      variables: {
        c: ['[AccessChange!]!', Array.from({ length: 50 }, () => ({ tag: { name: s.secret, tags: tags(40) } }))],
      },
      field: () => 'simulateAccess(changes: $c) { complete }',
    },
  }),
  'Query.auditEvents': (s) => ({
    ...list(
      'auditEvents(first: FIRST)',
      'id at action outcome actor { kind id name } subject { kind id name } version changes requestId address',
    )(s),
    'of a long name': byLongText('auditEvents(filter: {secret: $n}, first: 1) { nodes { id } }'),
  }),
  'Query.resolveReferences': payload(
    'resolveReferences(payload: $p)',
    '{ payload references { name pointers resolvable problem } }',
  ),
  'Query.checkReferences': ({ secret }) => ({
    ...payload('checkReferences(payload: $p)', '{ name pointers resolvable problem }')({ secret } as Subjects),
    'all fields under many aliases': {
      variables: {
        p: ['JSON!', many((i) => ({ [`k${i}`.padEnd(100, 'x')]: `\${workflow.secrets.${i}.}` })).slice(0, 5_000)],
      },
      field: () =>
        `checkReferences(payload: $p) { ${Array.from({ length: 9 }, (_, i) => `p${i}: pointers n${i}: name`).join(' ')} }`,
    },
  }),
  'Query.maskPayload': payload('maskPayload(payload: $p, definition: $d, maskedFields: $f)', '', (value) => ({
    d: ['JSON', Array.isArray(value) ? value.slice(0, 0) : 'x'],
    f: ['[String!]!', Array.from({ length: 200 }, (_, i) => `field${i}`)],
  })),
  'Query.archivePayload': payload('archivePayload(payload: $p)', ''),

  'Mutation.signIn': mutation(
    (_, s) => `signIn(username: "${s.username}", password: $v) { token expiresAt principal { id } }`,
    { v: ['SecretValue!', 'p'.repeat(1_000)] },
  ),
  'Mutation.signInApplication': mutation(
    (_, s) => `signInApplication(keyId: "${s.keyId}", keySecret: $v) { expiresAt }`,
    { v: ['SecretValue!', 's'.repeat(65_535)] },
  ),
  'Mutation.createSecret': mutation(
    (i) => `createSecret(input: {name: "made_${i}", value: $v, description: $d, tags: $t}) { secret { ${SECRET} } }`,
    {
      v: ['SecretValue!', 'ü'.repeat(65_535)],
      d: ['String!', LINES],
      t: ['[TagInput!]!', tags(50)],
    },
  ),
  'Mutation.updateSecret': mutation(
    (i, s) => `updateSecret(input: {name: "${s.secrets[i]}", description: $d}) { secret { ${SECRET} } }`,
    { d: ['String!', LINES] },
  ),
  'Mutation.rotateSecret': mutation(
    (i, s) =>
      `rotateSecret(input: {name: "${s.secrets[1 + i]}", generate: {length: 65535, alphabet: PRINTABLE}}) { changed }`,
  ),
  'Mutation.rollbackSecret': mutation(
    (i, s) => `rollbackSecret(name: "${s.secrets[1 + i]}", version: 1) { secret { id } }`,
  ),
  'Mutation.destroySecretVersion': mutation(
    (i, s) => `destroySecretVersion(name: "${s.secrets[1 + i]}", version: 1) { secret { id } }`,
  ),
  'Mutation.deleteSecret': mutation((i, s) => `deleteSecret(name: "${s.secrets.at(-1 - i)}") { id }`),
  'Mutation.restoreSecret': mutation((i, s) => `restoreSecret(id: "${s.secretIds.at(-1 - i)}") { secret { id } }`),
  'Mutation.tagSecret': mutation((i, s) => `tagSecret(name: "${s.secrets[i]}", tags: $t) { secret { ${SECRET} } }`, {
    t: ['[TagInput!]!', tags(40)],
  }),
  'Mutation.untagSecret': mutation(
    (i, s) => `untagSecret(name: "${s.secrets[i]}", tags: $t) { secret { ${SECRET} } }`,
    { t: ['[TagInput!]!', tags(40)] },
  ),
  'Mutation.runUpdateSecretTask': ({ secret }) =>
    Object.fromEntries(
      Object.entries(payloads(secret)).map(([kind, value]) => [
        kind,
        {
          variables: {
            i: [
              'JSON!',
              { _secrets: { secretKey: 'made_by_task', secretValue: 'v'.repeat(100) }, other: value },
            ] as const,
          },
          field: () => 'runUpdateSecretTask(input: $i) { secret { id } }',
        },
      ]),
    ),
  'Mutation.createGroup': mutation(
    (i) => `createGroup(input: {name: "${NAME}${i}", description: $d}) { group { id roles } }`,
    { d: ['String!', LINES] },
  ),
  'Mutation.updateGroup': mutation(
    (i, s) => `updateGroup(input: {id: "${s.groupIds[i % s.groupIds.length]}", description: $d}) { group { id } }`,
    { d: ['String!', LINES] },
  ),
  'Mutation.deleteGroup': mutation((i, s) => `deleteGroup(id: "${s.groupIds.at(-1 - i)}") { id }`),
  'Mutation.addGroupMembers': (s) => ({
    '': {
      variables: { p: ['[ID!]!', s.userIds.slice(0, 200)] },
      field: (i) =>
        `addGroupMembers(groupId: "${s.groupIds[i % s.groupIds.length]}", principalIds: $p) { group { id } }`,
    },
  }),
  'Mutation.removeGroupMembers': (s) => ({
    '': {
      variables: { p: ['[ID!]!', s.userIds.slice(0, 200)] },
      field: (i) =>
        `removeGroupMembers(groupId: "${s.groupIds[i % s.groupIds.length]}", principalIds: $p) { group { id } }`,
    },
  }),
  'Mutation.createApplication': mutation(
    (i) => `createApplication(input: {name: "${NAME}${i}", description: $d}) { application { id } }`,
    { d: ['String!', LINES] },
  ),
  'Mutation.updateApplication': mutation(
    (_, s) => `updateApplication(input: {id: "${s.applicationId}", description: $d}) { application { ${PRINCIPAL} } }`,
    { d: ['String!', LINES] },
  ),
  'Mutation.deleteApplication': mutation((i, s) => `deleteApplication(id: "${s.applicationIds.at(-1 - i)}") { id }`),
  'Mutation.createAccessKey': mutation(
    (_, s) => `createAccessKey(applicationId: "${s.applicationId}") { accessKey { id } }`,
  ),
  'Mutation.setAccessKeyActive': mutation(
    (_, s) => `setAccessKeyActive(keyId: "${s.keyId}", active: true) { accessKey { id } }`,
  ),
  'Mutation.deleteAccessKey': mutation(
    (i) => `deleteAccessKey(keyId: "key_${i.toString(16).padStart(32, '0')}") { id }`,
  ),
  'Mutation.createUser': mutation(
    (i) => `createUser(input: {username: "made${i}", name: "${NAME}", password: $v}) { user { id } }`,
    { v: ['SecretValue!', 'p'.repeat(1_000)] },
  ),
  'Mutation.updateUser': mutation((_, s) => `updateUser(input: {id: "${s.userId}", password: $v}) { user { id } }`, {
    v: ['SecretValue!', 'p'.repeat(1_000)],
  }),
  'Mutation.deleteUser': mutation((i, s) => `deleteUser(id: "${s.userIds.at(-1 - i)}") { id }`),
  'Mutation.grantPermission': mutation(
    (i, s) =>
      `grantPermission(input: {subjectId: "${s.groupId}", target: {secret: "${s.secrets[i]}"}, access: [READ, EXECUTE]}) { permission { id } }`,
  ),
  'Mutation.revokePermission': mutation(
    (i, s) =>
      `revokePermission(input: {subjectId: "${s.groupId}", target: {secret: "${s.secrets[i]}"}, access: []}) { permission { id } }`,
  ),
  'Mutation.verifyAuditLog': mutation(() => 'verifyAuditLog { intact eventsChecked problem problems }'),
};

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, Json>>;
}

const PAGES = [200, 100, 50, 20, 10, 5, 2, 1];

/** Returns the request with the largest product of aliases and page size that the limits allow. @throws Error if the limits allow no request */
export function largest(
  schema: GraphQLSchema,
  at: string,
  { variables = {}, field }: FieldCase,
): GraphQLRequest & { aliases: number; first: number } {
  const kind = at.startsWith('Mutation.') ? 'mutation' : 'query';
  const declared = Object.entries(variables).map(([name, [type]]) => `$${name}: ${type}`);
  const values = Object.fromEntries(Object.entries(variables).map(([name, [, value]]) => [name, value]));
  const queryOf = (aliases: number, first: number) =>
    `${kind} ${declared.length > 0 ? `(${declared.join(', ')})` : ''} { ${Array.from({ length: aliases }, (_, i) => `a${i}: ${field(i, first)}`).join(' ')} }`;
  const isPaged = field(0, 1) !== field(0, 2);
  const key = `${declared} ${queryOf(2, 200)}`;
  let found = known.get(key);
  if (found !== undefined) return { ...found, variables: values };
  for (const first of isPaged ? PAGES : [1]) {
    let [fits, fails] = [0, LIMITS.aliases + 1];
    while (fails - fits > 1) {
      const aliases = Math.floor((fits + fails) / 2);
      if (isAllowed(schema, queryOf(aliases, first))) fits = aliases;
      else fails = aliases;
    }
    if (fits > 0 && fits * first > (found ? found.aliases * found.first : 0))
      found = { query: queryOf(fits, first), aliases: fits, first };
  }
  if (found === undefined) throw new Error(`${at}: no request of this case is within the limits`);
  const [problem] = validate(schema, parseWithinLimits(found.query));
  if (problem !== undefined) throw new Error(`${at}: ${problem.message}`);
  known.set(key, found);
  return { ...found, variables: values };
}

/** The benchmark uses one document for all payloads of a field. */
const known = new Map<string, { query: string; aliases: number; first: number }>();

/** The page sizes are literals in the document, so the cost is known without variables. */
function isAllowed(schema: GraphQLSchema, query: string): boolean {
  try {
    const document = parseWithinLimits(query);
    const operation = getOperationAST(document);
    return !!operation && checkCost(schema, document, operation, {}) === undefined;
  } catch {
    return false;
  }
}

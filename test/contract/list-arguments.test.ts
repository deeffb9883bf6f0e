import { readFileSync } from 'node:fs';
import {
  buildSchema,
  type GraphQLArgument,
  type GraphQLInputField,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type World, world } from '../support/world.ts';

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));

const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
const args = types
  .filter(isObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).flatMap((field) =>
      field.args.map((arg) => ({ at: `${type.name}.${field.name}(${arg.name}:)`, arg })),
    ),
  );
const inputFields = types
  .filter(isInputObjectType)
  .flatMap((type) => Object.values(type.getFields()).map((arg) => ({ at: `${type.name}.${arg.name}`, arg })));
const inputs: { at: string; arg: GraphQLArgument | GraphQLInputField }[] = [...args, ...inputFields];

describe('list arguments of the GraphQL schema', () => {
  const access = 'enum: each of the five counts once';
  const roles = 'enum: each of the twelve counts once';
  /** The maximum length of each list argument, or the values of an enum. */
  const BOUNDS: Record<string, number | string> = {
    'Query.maskPayload(maskedFields:)': 200,
    'Query.archivePayload(maskedFields:)': 200,
    'Query.simulateAccess(changes:)': 50,
    'Mutation.tagSecret(tags:)': 50,
    'Mutation.untagSecret(tags:)': 50,
    'Mutation.addGroupMembers(principalIds:)': 200,
    'Mutation.removeGroupMembers(principalIds:)': 200,
    'SecretFilter.tags': 50,
    'SecretFilter.access': access,
    'AuditFilter.actions': 'enum: each action counts once',
    'CreateSecretInput.tags': 50,
    'CreateGroupInput.roles': roles,
    'UpdateGroupInput.roles': roles,
    'CreateApplicationInput.roles': roles,
    'UpdateApplicationInput.roles': roles,
    'CreateUserInput.roles': roles,
    'UpdateUserInput.roles': roles,
    'PermissionInput.access': access,
    'SecretTagInput.tags': 50,
    'SubjectRolesInput.roles': roles,
  };
  const lists = inputs.filter(({ arg }) => isListType(getNullableType(arg.type)));

  test('every list argument of the schema has a documented maximum length, except lists of enum values', () => {
    expect(new Set(lists.map(({ at }) => at))).toEqual(new Set(Object.keys(BOUNDS)));
    for (const { at, arg } of lists) {
      const bound = BOUNDS[at];
      if (typeof bound === 'number') expect(arg.description, at).toMatch(new RegExp(`\\b(At most|1 to) ${bound}\\b`));
      else expect(isEnumType(getNamedType(arg.type)), at).toBe(true);
    }
  });

  describe('list arguments above the maximum length', () => {
    let w: World;
    beforeAll(async () => {
      w = await world();
      await w.secret('db');
    });
    afterAll(() => w.close());

    const tags = Array.from({ length: 51 }, (_, i) => ({ key: 'k', value: `v${i}` }));
    const ids = Array.from({ length: 201 }, (_, i) => `usr_${String(i).padStart(32, '0')}`);
    const fields = Array.from({ length: 201 }, (_, i) => `f${i}`);
    const ASKED: Record<string, [query: string, variables: Record<string, unknown>, field: string]> = {
      'Query.maskPayload(maskedFields:)': [
        'query ($f: [String!]!) { maskPayload(payload: 1, maskedFields: $f) }',
        { f: fields },
        'maskedFields',
      ],
      'Query.archivePayload(maskedFields:)': [
        'query ($f: [String!]!) { archivePayload(payload: 1, maskedFields: $f) }',
        { f: fields },
        'maskedFields',
      ],
      'Mutation.tagSecret(tags:)': [
        'mutation ($t: [TagInput!]!) { tagSecret(name: "db", tags: $t) { secret { id } } }',
        { t: tags },
        'tags',
      ],
      'Mutation.untagSecret(tags:)': [
        'mutation ($t: [TagInput!]!) { untagSecret(name: "db", tags: $t) { secret { id } } }',
        { t: tags },
        'tags',
      ],
      'Mutation.addGroupMembers(principalIds:)': [
        'mutation ($g: ID!, $p: [ID!]!) { addGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
        { p: ids },
        'principalIds',
      ],
      'Mutation.removeGroupMembers(principalIds:)': [
        'mutation ($g: ID!, $p: [ID!]!) { removeGroupMembers(groupId: $g, principalIds: $p) { group { id } } }',
        { p: ids },
        'principalIds',
      ],
      'Query.simulateAccess(changes:)': [
        'query ($c: [AccessChange!]!) { simulateAccess(changes: $c) { complete } }',
        { c: Array.from({ length: 51 }, () => ({ deleteGroup: 'x' })) },
        'changes',
      ],
      'SecretTagInput.tags': [
        'query ($t: [TagInput!]!) { simulateAccess(changes: [{ tag: { name: "db", tags: $t } }]) { complete } }',
        { t: tags },
        'changes.0.tag.tags',
      ],
      'SecretFilter.tags': [
        'query ($t: [TagInput!]!) { secrets(filter: { tags: $t }) { nodes { id } } }',
        { t: tags },
        'filter.tags',
      ],
      'CreateSecretInput.tags': [
        'mutation ($t: [TagInput!]!) { createSecret(input: { name: "x", value: "", tags: $t }) { secret { id } } }',
        { t: tags },
        'input.tags',
      ],
    };

    test.each(Object.entries(BOUNDS).filter(([, bound]) => typeof bound === 'number'))(
      'the gateway refuses a list with one item too many, and the error contains the path of the list: %s %i',
      async (at) => {
        const [query, variables, field] = ASKED[at]!;
        const groupId = `grp_${'0'.repeat(32)}`;
        const { errors } = await w.admin.ask(query, 'p' in variables ? { ...variables, g: groupId } : variables);
        expect(errors.map(({ extensions }) => extensions)).toEqual([
          { code: 'BAD_USER_INPUT', field, expected: expect.any(String) },
        ]);
      },
    );
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputField,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { loadSchema } from '../../src/graphql/schema.ts';
import { MOST_PER_PAGE } from '../../src/primitives/pages.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');
const sdl = read('schema.graphql');
const schema = buildSchema(sdl);

interface Place {
  /** A field argument in the notation of the GraphQL schema coordinates RFC, such as `Secret.value(reveal:)`. */
  at: string;
  described: string | null | undefined;
}

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const fields = types
  .filter((type) => isObjectType(type) || isInterfaceType(type))
  .flatMap((type) => Object.values(type.getFields()).map((field) => ({ at: `${type.name}.${field.name}`, field })));
const args = fields.flatMap(({ at, field }) => field.args.map((arg) => ({ at: `${at}(${arg.name}:)`, arg })));
const inputFields = types
  .filter(isInputObjectType)
  .flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({ at: `${type.name}.${field.name}`, arg: field })),
  );
const inputs: { at: string; arg: GraphQLArgument | GraphQLInputField }[] = [...args, ...inputFields];

const isList = (type: unknown) => isListType(getNullableType(type as never));
const pageOf = (field: GraphQLField<unknown, unknown>) => getNamedType(field.type).name.endsWith('Connection');

describe('the GraphQL schema and its contract', () => {
  test('the schema contains everything that clients rely on, with the same name and type', () => {
    const promised = buildSchema(read('test/contract/contract.graphql'));
    expect(findBreakingChanges(promised, schema)).toEqual([]);
    const changedDefaults = findDangerousChanges(promised, schema).filter(
      ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
    );
    expect(changedDefaults).toEqual([]);
  });

  test('the schema describes every type, field, argument, input field and enum value', () => {
    const places: Place[] = [
      ...types.map((type) => ({ at: type.name, described: type.description })),
      ...fields.map(({ at, field }) => ({ at, described: field.description })),
      ...inputs.map(({ at, arg }) => ({ at, described: arg.description })),
      ...types
        .filter(isEnumType)
        .flatMap((type) =>
          type.getValues().map((value) => ({ at: `${type.name}.${value.name}`, described: value.description })),
        ),
    ];
    expect(places.length).toBeGreaterThan(300);
    expect(places.filter(({ described }) => !described?.trim()).map(({ at }) => at)).toEqual([]);
  });

  test('the description of the schema lists exactly the error codes of the gateway', () => {
    const codes = [...read('src/errors.ts').matchAll(/^ {2}([A-Z_]+): (?:null|'REFUSED'|'FAILED'),$/gm)];
    const [head = ''] = sdl.split('\nschema ');
    const named = [...head.matchAll(/[A-Z_]{5,}/g)].map(([name]) => name).filter((name) => name !== 'GRAPHQL');
    expect(codes.length).toBeGreaterThan(10);
    expect(new Set(named)).toEqual(new Set(codes.map(([, code]) => code)));
  });

  test('every root field of the schema has a resolver, and every resolver belongs to a field', () => {
    expect(() => loadSchema()).not.toThrow();
  });
});

describe('pages in the GraphQL schema', () => {
  test('every field that returns a page has the arguments `first`, with a default within bounds, and `after`', () => {
    const paged = fields.filter(({ field }) => pageOf(field));
    expect(paged.length).toBeGreaterThan(10);
    for (const { at, field } of paged) {
      const first = field.args.find(({ name }) => name === 'first');
      const after = field.args.find(({ name }) => name === 'after');
      expect([at, String(first?.type), String(after?.type)]).toEqual([at, 'Int!', 'String']);
      expect(first?.defaultValue, at).toBeGreaterThanOrEqual(1);
      expect(first?.defaultValue, at).toBeLessThanOrEqual(MOST_PER_PAGE);
      expect(first?.description, at).toBe(`Page size: 1 to ${MOST_PER_PAGE}.`);
    }
  });

  test('every page type has the fields `nodes` and `pageInfo`, and no total count', () => {
    for (const type of types.filter((type) => isObjectType(type) && type.name.endsWith('Connection'))) {
      const own = isObjectType(type)
        ? Object.values(type.getFields()).map((field) => `${field.name}: ${field.type}`)
        : [];
      expect(own).toEqual([`nodes: [${type.name.replace(/Connection$/, '')}!]!`, 'pageInfo: PageInfo!']);
    }
  });

  test('every list of objects in the schema is a page, unless the list has a documented maximum length', () => {
    const bounded: Record<string, string> = {
      'Principal.groups': 'groups are made by administrators only',
      'User.groups': 'the same',
      'Application.groups': 'the same',
      'Application.accessKeys': 'at most 20',
      'Secret.tags': 'at most 50',
      'AccessEntry.paths': 'the principal’s grants on one secret',
      'AccessExplanation.paths': 'the same',
      'AccessExplanation.nearMisses': 'at most 20',
      'AccessSimulation.gained': 'at most `first`',
      'AccessSimulation.lost': 'the same',
      'AuditVerification.problems': 'at most 101',
      'AuditVerification.acknowledgedGaps': 'at most 100',
      'SecretReference.pointers': 'at most 5,000',
      'ResolvedPayload.references': 'at most 200 names',
      'Query.checkReferences': 'at most 5,000 places, however they differ',
    };
    const lists = fields.filter(
      ({ at, field }) => isList(field.type) && !isEnumType(getNamedType(field.type)) && !/Connection\.nodes$/.test(at),
    );
    expect(lists.map(({ at }) => at)).toEqual(Object.keys(bounded));
  });
});

describe('mutations in the GraphQL schema', () => {
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

  test('every mutation returns a nullable type, so that an error in one mutation does not affect the results of other mutations', () => {
    expect(mutations.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
  });

  test('every mutation returns a payload type, so that later versions can add fields', () => {
    const others = mutations.filter(({ type }) => !String(type).endsWith('Payload'));
    // This mutation changes no data. It returns the result of the verification.
    expect(others.map(({ name }) => name)).toEqual(['verifyAuditLog']);
  });
});

test('every union in the schema has at least one type, and every interface has at least one implementation', () => {
  for (const type of types) {
    if (isUnionType(type)) expect(type.getTypes().length).toBeGreaterThan(1);
    if (isInterfaceType(type)) expect(schema.getPossibleTypes(type).length).toBeGreaterThan(1);
  }
});

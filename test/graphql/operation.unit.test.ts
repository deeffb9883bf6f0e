import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { operationOf } from '../../src/graphql/operation.ts';
import { schema } from '../support/root-fields.ts';

const REVEAL = 'query Reveal($name: String!) { secret(name: $name) { name value(reveal: true) } }';

describe('the check of an operation before registration', () => {
  const problems = (text: string) => operationOf(schema, text).problems.map(({ place }) => place);
  test.each<[what: string, text: string, places: (string | undefined)[]]>([
    ['nothing wrong', `\n  ${REVEAL}\n`, []],
    ['no GraphQL', '{ viewer { id }', ['1:16']],
    ['two unknown fields', '\n\n query a {\n  nothing\n  viewer { no } }', ['4:3', '5:12']],
    ['an unknown field on an indented first line', '   { nothing }', ['1:6']],
    ['an unused variable', 'query ($a: String) { __typename }', ['1:8']],
    ['no operation', 'fragment f on Secret { name }', ['1:1']],
    ['a subscription', 'subscription { __typename }', ['1:1']],
    [
      'too costly',
      'query a { __typename }\nquery b { secrets(first: 200) { nodes { value(reveal: true) versions(first: 200) { nodes { number createdBy { id } } } } } }',
      ['2:1'],
    ],
    ['a page that is too long', '{ secrets(first: 201) { nodes { id } } }', ['1:1']],
    ['too deep', `{ ${'viewer { groups { members { nodes { '.repeat(4)} id ${'} } } } '.repeat(4)} }`, [undefined]],
    ['too long', `{ __typename } #${'x'.repeat(20_000)}`, [undefined]],
    ['a value', `mutation { rotateSecret(input: { name: "a", value: "hunter2" }) { changed } }`, [undefined]],
  ])('the check reports each problem of an operation with its location: %s', (_, text, places) => {
    expect(problems(text)).toEqual(places);
  });

  test('the hash of an operation ignores white space before and after the operation', () => {
    expect(operationOf(schema, `\n${REVEAL}\n`).operation).toEqual({
      hash: hash('sha256', REVEAL),
      text: REVEAL,
      names: ['Reveal'],
    });
  });
});

// The compiler is the test: `tsc` reports a `@ts-expect-error` whose next line compiles. Vitest only checks that the conversions return plain strings.
import { expect, expectTypeOf, test } from 'vitest';
import type { EventSubject } from '../../src/audit/audit-event.ts';
import type { Fact } from '../../src/audit/facts.ts';
import type { Scalars } from '../../src/graphql/generated/types.ts';
import {
  type GlobalId,
  type GlobalIdText,
  newId,
  parseGlobalId,
  toGlobalId,
  toUuid,
  type Uuid,
} from '../../src/primitives/ids.ts';
import type { TagText } from '../../src/primitives/tag-text.ts';
import { type SecretName, secretName } from '../../src/secrets/secret.ts';
import { tagText } from '../../src/tags/tag.ts';

const uuid = newId();
const globalId = toGlobalId('SECRET', uuid);
const tag = tagText({ key: 'env', value: 'prod' }, 'tag');
const name = secretName('db', 'name');
const text: string = 'db';

test('a branded string is a plain string at runtime', () => {
  for (const branded of [uuid, globalId, tag, name]) expect(typeof branded).toBe('string');
  expect(tag).toBe('env:prod');
});

test('the compiler rejects an unchecked string where the code requires a branded string', () => {
  // @ts-expect-error
  const ofUuid: Uuid = text;
  // @ts-expect-error
  const ofGlobalId: GlobalId = text;
  // @ts-expect-error
  const ofTag: TagText = text;
  // @ts-expect-error
  const ofName: SecretName = text;
  expect([ofUuid, ofGlobalId, ofTag, ofName]).toEqual([text, text, text, text]);
});

test('the compiler rejects a brand where the code requires a different brand', () => {
  // @ts-expect-error
  const inside: Uuid = globalId;
  // @ts-expect-error
  const outside: GlobalId = uuid;
  // @ts-expect-error
  const ofTag: TagText = name;
  // @ts-expect-error
  const ofName: SecretName = tag;
  expect([inside, outside, ofTag, ofName]).toEqual([globalId, uuid, name, tag]);
});

test('the compiler rejects a second conversion of an id', () => {
  // @ts-expect-error
  const twice = toGlobalId('SECRET', globalId);
  // @ts-expect-error
  const notGlobal = toUuid(uuid, 'SECRET');
  // @ts-expect-error
  const notParsed = parseGlobalId(uuid);
  expect(twice).toMatch(/^sec_sec_/);
  expect([notGlobal, notParsed]).toEqual([undefined, undefined]);
});

test('the compiler rejects a comparison of a UUID with a global id', () => {
  // @ts-expect-error
  expect(uuid === globalId).toBe(false);
  // @ts-expect-error
  expect([globalId].includes(uuid)).toBe(false);
  // @ts-expect-error
  expect(new Map([[uuid, 1]]).get(globalId)).toBeUndefined();
});

test('the compiler accepts a string from a request as a global id, and rejects it as a UUID', () => {
  const plain: GlobalIdText = text;
  const checked: GlobalIdText = globalId;
  // @ts-expect-error
  const inside: GlobalIdText = uuid;
  // @ts-expect-error
  const ofTag: GlobalIdText = tag;
  expect([plain, checked, inside, ofTag]).toEqual([text, globalId, uuid, tag]);
});

test('the compiler rejects a UUID in an answer or in the subject of an audit event, and a global id in the row state of an audit event', () => {
  // @ts-expect-error
  const id: Scalars['ID']['output'] = uuid;
  // @ts-expect-error
  const subject: EventSubject = { kind: 'SECRET', id: uuid, name };
  // @ts-expect-error
  const fact: Fact = ['member', globalId, uuid];
  expect([id, subject.id, fact[2]]).toEqual([uuid, uuid, uuid]);
  expectTypeOf<Scalars['ID']['output']>().toEqualTypeOf<GlobalId | TagText>();
  expectTypeOf<Scalars['ID']['input']>().toEqualTypeOf<string>();
});

import { expect, test } from 'vitest';
import { newId, parseGlobalId, toGlobalId, toUuid } from '../../src/primitives/ids.ts';

test('new ids sort in the order of their creation, even within one millisecond', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a new id is a UUIDv7 of the current time', () => {
  const id = newId();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const time = Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  expect(Math.abs(time - Date.now())).toBeLessThan(60_000);
});

test('a global id contains the kind of its object, and parsing it with a different kind fails', () => {
  const uuid = newId();
  const text = toGlobalId('SECRET', uuid);
  expect(text).toMatch(/^sec_[0-9a-f]{32}$/);
  expect(parseGlobalId(text)).toEqual({ kind: 'SECRET', uuid });
  expect(toUuid(text, 'SECRET', 'USER')).toBe(uuid);
  expect(toUuid(text, 'USER')).toBeUndefined();
});

test.each([
  '',
  'sec_',
  'sec_xyz',
  `xyz_${'0'.repeat(32)}`,
  `SEC_${'0'.repeat(32)}`,
  `sec_${'0'.repeat(33)}`,
  `sec_${'0'.repeat(32)}\n`,
])('the string %j is not a valid global id', (text) => {
  expect(parseGlobalId(text)).toBeUndefined();
});

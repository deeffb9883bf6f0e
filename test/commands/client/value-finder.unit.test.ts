import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { valueFinder } from '../../../src/commands/client/value-finder.ts';

const find = (values: Record<string, string>, text: string) =>
  valueFinder(new Map(Object.entries(values)))
    .find(text)
    .map(({ name, line }) => `${line} ${name}`);
const privateKey = () =>
  String(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }));

describe('the search for values in a text', () => {
  test('finds all values in a line, and each value on each line', () => {
    const values = { a: 'kJ83hdTz02ms', b: 'P4x!qq0zLm2w', c: 'never-used-9182' };
    expect(find(values, 'kJ83hdTz02ms P4x!qq0zLm2w\n\nkJ83hdTz02ms\n')).toEqual(['1 a', '1 b', '3 a']);
  });

  test('finds a value among 500 other values', () => {
    const values = Object.fromEntries(
      [...Array(500).keys()].map((i) => [`s${i}`, `value-${i}-${(i * 7919).toString(36)}-x`]),
    );
    expect(find(values, `\n"${values.s321}"`)).toEqual(['2 s321']);
  });

  test.each([
    ['base64', (value: string) => Buffer.from(value).toString('base64')],
    ['base64 inside other base64', (value: string) => Buffer.from(`{"auth":"${value}"}`).toString('base64url')],
    ['hexadecimal digits', (value: string) => Buffer.from(value).toString('hex')],
    ['a JSON string', (value: string) => JSON.stringify(value)],
    ['a URL', (value: string) => encodeURIComponent(value)],
    ['HTML', (value: string) => value.replaceAll('"', '&quot;').replaceAll('&', '&amp;')],
  ])('finds a value in %s', (_, encode) => {
    expect(find({ a: 'p@ss"word\\9-äöü&x' }, `x = ${encode('p@ss"word\\9-äöü&x')};`)).toEqual(['1 a']);
  });

  test('finds a private key with other line lengths, but not a different key of the same kind', () => {
    const [key, other] = [privateKey(), privateKey()];
    const body = key.split('\n').slice(1, -2).join('');
    expect(find({ key }, `a: ${body.match(/.{1,40}/g)?.join('\n   ')}`)).toEqual(['1 key']);
    expect(find({ key }, other)).toEqual([]);
  });

  test('finds the password of a value that is a URL or JSON, but neither the user nor the host', () => {
    const values = {
      url: 'postgres://orders:kJ83hdTz02ms@db.example.com:5432/orders',
      json: '{"user":"administrator","password":"P4x-qq0zLm2w"}',
    };
    expect(find(values, 'kJ83hdTz02ms\nP4x-qq0zLm2w')).toEqual(['1 url', '2 json']);
    expect(find(values, 'administrator db.example.com:5432 YWRtaW5pc3RyYXRvcg== orders')).toEqual([]);
  });

  test.each(['password', 'true', 'Production', '5432', 'a', '', '   '])(
    'does not search for the ordinary value %j',
    (value) => {
      expect(find({ a: value }, `${value} "${value}" ${Buffer.from(value).toString('base64')}`)).toEqual([]);
    },
  );

  test('does not report a string that has too many levels of escape sequences', () => {
    let text = 'x"y\\z';
    for (let i = 0; i < 8; i++) text = JSON.stringify(text);
    expect(find({ a: 'kJ83hdTz02ms' }, `${text}\n${Buffer.from('kJ83hdTz02ms').toString('hex')}`)).toEqual(['2 a']);
  });
});

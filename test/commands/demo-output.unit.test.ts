import { expect, test } from 'vitest';
import { compact, masked } from '../../src/commands/demo/pretty.ts';

test('the demo masks secret values everywhere in its output', () => {
  const sent = { input: { name: 'x', value: 'v' }, tags: [{ key: 'team', value: 'shipping' }], password: 'p' };
  expect(masked(sent)).toEqual({
    input: { name: 'x', value: '***' },
    tags: [{ key: 'team', value: 'shipping' }],
    password: '***',
  });
  const answered = { secret: { value: 'v' }, createAccessKey: { secret: 's' }, signIn: { token: 't' } };
  expect(masked(answered, true)).toEqual({
    secret: { value: 'v' },
    createAccessKey: { secret: '***' },
    signIn: { token: '***' },
  });
});

test('the demo prints a short request as JSON on one line', () => {
  const json = { a: [1, 2, { b: null }], c: { d: 'e'.repeat(30), f: [] }, g: {} };
  expect(compact(json, 200)).not.toContain('\n');
  for (const width of [200, 40, 1]) expect(JSON.parse(compact(json, width))).toEqual(json);
});

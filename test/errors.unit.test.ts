import { expect, test } from 'vitest';
import { BadInput } from '../src/errors.ts';

test('if several arguments together break a rule, the message contains only the rule, without the path of an argument', () => {
  const error = new BadInput('', 'exactly one of value and generate');
  expect([error.message, error.messageAt(undefined), error.messageAt('')]).toEqual(
    Array(3).fill('exactly one of value and generate'),
  );
  expect(new BadInput('name', 'not empty').messageAt('input.name')).toBe('input.name: not empty');
});

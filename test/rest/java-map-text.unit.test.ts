// Hidden fields in the text of a Java map are hidden.
import { describe, expect, test } from 'vitest';
import { withoutHiddenFields } from '../../src/conductor/java-map-text.ts';

const keys = new Set(['_secrets', 'ssn']);

describe('the text of a Java map', () => {
  test.each([
    ['{a=1, ssn=123, b=2}', '{a=1, ssn=***}'],
    ['{_secrets={token=abc}, b=2}', '{_secrets=***}'],
    ['{list=[{ssn=1}, {x=2}], b=2}', '{list=[{ssn=***}'],
    ['{ssn=***, _secrets={a=b}}', '{ssn=***, _secrets=***}'],
    ['failed with {ssn=123', 'failed with {ssn=***'],
    ['{ssn=a}, b=c, ssn=d}', '{ssn=***}'],
    ['{ssn=***x}', '{ssn=***}'],
  ])('%s becomes %s', (text, shown) => {
    expect(withoutHiddenFields(text, keys)?.text).toBe(shown);
  });

  test.each(['{my_ssn=1, x-ssn=2, ssn2=3}', 'ssn=1', '{a=ssn}', '', '{ssn=***}', '{_secrets=***, b=1}'])(
    '%s has no field to hide',
    (text) => {
      expect(withoutHiddenFields(text, keys)).toBeUndefined();
    },
  );

  test('long words of the hidden value are returned, so that their copies can be hidden', () => {
    const text = '{_secrets={token=abcdefgh-1, b=[short, ijklmnop-2]}, other=qrstuvwx-3}';
    expect(withoutHiddenFields(text, keys)?.words).toEqual(['abcdefgh-1', 'ijklmnop-2']);
  });
});

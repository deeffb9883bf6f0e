import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { create, refusals, rotate } from './operations.ts';

let w: World;
beforeAll(async () => {
  w = await world();
});
afterAll(() => w.close());

const MOST = 65_535;
/** Returns `count` characters that begin with a sentinel. */
const filled = (character: string, count: number) => {
  const start = sentinel();
  return start + character.repeat(count - start.length);
};

describe('secret values that the gateway preserves byte for byte', () => {
  const cases: [string, () => string][] = [
    ['empty', () => ''],
    ['the mask itself', () => '***'],
    ['with a trailing newline', () => `${sentinel()}\n`],
    ['with spaces and line ends around it', () => `\r\n\t ${sentinel()} \u00a0\r\n`],
    ['with NUL in it', () => `\u0000${sentinel()}\u0000\u0000`],
    ['with control characters', () => `${sentinel()}\u0001\u001b[31m\u007f\u0085\u2028`],
    ['with emoji, joined and flagged', () => `${sentinel()}🔑👩‍👩‍👧‍👦🇨🇭`],
    ['with quotes and backslashes', () => `"'\`${sentinel()}\\u0041\\n\${x} "" \\`],
    ['in composed and decomposed letters', () => `${sentinel()}é\u0065\u0301`],
    ['with a byte order mark', () => `\ufeff${sentinel()}\ufeff`],
    ['with noncharacters and the last code point', () => `${sentinel()}\ufffe\uffff\u{10ffff}\ufffd`],
    ['as JSON', () => JSON.stringify({ key: sentinel(), more: [null, '"'] })],
    ['of 65,535 ASCII characters', () => filled('x', MOST)],
    ['of 65,535 characters of three bytes', () => filled('語', MOST)],
    ['of 65,535 characters of four bytes', () => filled('🔑', MOST)],
  ];
  test.each(cases)('the gateway preserves a secret value byte for byte: %s', async (label, make) => {
    const value = make();
    const name = label.replaceAll(/[^a-z0-9]/gi, '-');
    expect((await create(w.admin, { name, value })).code).toBeUndefined();
    expect(await w.reveal(w.admin, name)).toBe(value);
    // Stores this value a second time in a later version.
    await rotate(w.admin, { name, value: sentinel() });
    expect(refusals(await rotate(w.admin, { name, value }))).toEqual([]);
    expect(await w.reveal(w.admin, name)).toBe(value);
    expect(await w.reveal(w.admin, name, 1)).toBe(value);
  });

  test('the gateway preserves a secret value byte for byte if the value is a literal with escapes in the GraphQL document', async () => {
    const start = sentinel();
    await w.admin.get(
      `mutation { createSecret(input: { name: "literal", value: "${start}\\u0000\\n\\"\\u00e9" }) { secret { id } } }`,
    );
    expect(await w.reveal(w.admin, 'literal')).toBe(`${start}\u0000\n"é`);
  });

  test('the gateway preserves any well-formed secret value byte for byte', async () => {
    await w.secret('anything');
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 100 }),
      fc.string({ unit: fc.constantFrom('\u0000', '\n', '\\', '"', '$', '{', '}', '🔑'), maxLength: 50 }),
    );
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        await w.admin.get(
          'mutation ($v: SecretValue!) { rotateSecret(input: { name: "anything", value: $v }) { changed } }',
          {
            v: value,
          },
        );
        expect(await w.reveal(w.admin, 'anything')).toBe(value);
      }),
      { numRuns: 80 },
    );
  });
});

describe('secret values that the gateway rejects', () => {
  const cases: [string, () => unknown][] = [
    ['of 65,536 ASCII characters', () => filled('x', MOST + 1)],
    ['of 65,536 characters of three bytes', () => filled('語', MOST + 1)],
    ['of 65,536 characters of four bytes', () => filled('🔑', MOST + 1)],
    ['with half of a surrogate pair', () => `${sentinel()}\ud83d`],
    ['that is a number', () => 8_471_263_549_017],
    ['that is a list', () => [sentinel()]],
    ['that is an object', () => ({ text: sentinel() })],
    ['that is null', () => null],
  ];
  test.each(cases)('the gateway rejects a secret value %s, and the error does not quote the value', async (_, make) => {
    const [made, turned] = [
      await create(w.admin, { name: 'refused', value: make() }),
      await rotate(w.admin, { name: 'literal', value: make(), generate: null }),
    ];
    expect(refusals(made)).toMatchObject([{ code: 'BAD_USER_INPUT', field: 'input.value' }]);
    expect(turned.code).toBe('BAD_USER_INPUT');
    expect(await w.sees(w.admin, 'refused')).toBe(false);
  });
});

test('the database rows of a secret contain neither the value nor any part of the value', async () => {
  const { value } = await w.secret('at-rest');
  const rows = await w.database.query<{ row: string }>(
    `SELECT v::text || encode(coalesce(ciphertext, ''), 'escape') || encode(coalesce(wrapped_key, ''), 'escape') AS row FROM secret_versions v`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ row }) => row.includes(value) || row.includes(Buffer.from(value).toString('hex')))).toEqual([]);
});

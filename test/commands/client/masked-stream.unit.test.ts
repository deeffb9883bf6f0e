import { Buffer } from 'node:buffer';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOfText, incompleteLength, textOfBytes } from '../../../src/commands/client/escaped-bytes.ts';
import { outputMasker } from '../../../src/commands/client/masked-stream.ts';

const TOKEN = 'Xq7-rT2vLm9pKd4wZs8';
const KEY = `-----BEGIN KEY-----\n${'QmFzZTY0IGxpbmUgbnVtYmVy\n'.repeat(3)}dGhlIGxhc3Q=\n-----END KEY-----\n`;
const SHORT_LINES = 'k7\nQ2\nzz9\nW';

/** Sends the chunks through a masked stream. */
async function masked(values: readonly string[], chunks: readonly (string | Buffer)[]): Promise<Buffer> {
  const stream = outputMasker(values).stream();
  const result = buffer(stream);
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return result;
}
const textFrom = async (values: readonly string[], chunks: readonly string[]) =>
  (await masked(values, chunks)).toString();

/** Divides bytes at the positions. */
function divided(bytes: Buffer, positions: readonly number[]): Buffer[] {
  const ends = [...positions.map((position) => position % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe('the mask of the output of a program', () => {
  test('output without values passes unchanged, for any bytes in any chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(), { maxLength: 8 }), async (bytes, at) => {
        const output = Buffer.from(bytes);
        expect(await masked([TOKEN, KEY], divided(output, at))).toEqual(output);
      }),
    );
  });

  test.each([
    ['a token', TOKEN],
    ['a key of several lines', KEY],
    ['a value of short lines', SHORT_LINES],
    ['a value with characters of several bytes', 'pässwörd-漢字-👩‍👩‍👧-ende'],
  ])('no chunk border lets a value through: %s', async (_, value) => {
    const output = Buffer.from(`2027-01-01 info: before\n{"value":"x"} ${value} after\r\nlast ä line\n`);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(output.length), { maxLength: 12 }), async (at) => {
        const text = (await masked([value], divided(output, at))).toString();
        expect(text).not.toContain(value.trim());
        for (const line of value.split('\n').filter((part) => part.length > 11)) expect(text).not.toContain(line);
        expect(text.startsWith('2027-01-01 info: before\n')).toBe(true);
        expect(text.endsWith('after\r\nlast ä line\n')).toBe(true);
      }),
    );
  });

  test('each byte of a value arrives alone, and no byte of the value passes', async () => {
    for (const value of [TOKEN, SHORT_LINES, KEY])
      expect(await textFrom([value], [...`a ${value.trim()} b\n`])).toBe('a *** b\n');
  });

  test('an encoded value is masked across chunk borders', async () => {
    for (const encoded of [
      Buffer.from(TOKEN).toString('base64'),
      Buffer.from(TOKEN).toString('hex'),
      [...TOKEN].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(''),
    ]) {
      const middle = encoded.length / 2;
      expect(await textFrom([TOKEN], [`v=${encoded.slice(0, middle)}`, `${encoded.slice(middle)}\n`])).not.toContain(
        encoded.slice(0, middle),
      );
    }
  });

  test('a line without an end is masked, also if the line is longer than the buffer', async () => {
    const chunks = Array.from({ length: 40 }, (_, i) => `${'filler text '.repeat(800)}${i % 4 === 0 ? TOKEN : ''}`);
    const text = await textFrom([TOKEN], chunks);
    expect(text).toBe(chunks.join('').replaceAll(TOKEN, '***'));
  });

  test('a complete line is printed before the next line arrives', async () => {
    const stream = outputMasker([TOKEN]).stream();
    const seen: string[] = [];
    stream.on('data', (chunk) => seen.push(String(chunk)));
    stream.write('first\nsec');
    await new Promise((wake) => setImmediate(wake));
    expect(seen.join('')).toBe('first\n');
    stream.end();
  });

  test('a short value is masked if it is a complete line', async () => {
    expect(await textFrom(['no'], ['yes\nno\nnone\n'])).toBe('yes\n***\nnone\n');
  });
});

describe('bytes as text', () => {
  test('any bytes convert to text and back without a change', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(bytesOfText(textOfBytes(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.uint8Array({ maxLength: 4 }), (text, bytes) => {
        const mixed = Buffer.concat([Buffer.from(text), Buffer.from(bytes), Buffer.from(text)]);
        expect(bytesOfText(textOfBytes(mixed))).toEqual(mixed);
      }),
    );
  });

  test('if a chunk ends in the middle of a UTF-8 character, only the bytes of this character wait for the next chunk', () => {
    const bytes = Buffer.from('ä漢👩');
    expect([...bytes].map((_, i) => incompleteLength(bytes.subarray(0, i + 1)))).toEqual([1, 0, 1, 2, 0, 1, 2, 3, 0]);
    expect(incompleteLength(Buffer.from([0x80, 0x80]))).toBe(0);
  });
});

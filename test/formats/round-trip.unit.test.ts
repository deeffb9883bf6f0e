import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FORMATS, type FormatName } from '../../src/formats/formats.ts';
import { FORMAT_VALUES, LONG_VALUES } from './odd-values.ts';

const NAMES = Object.keys(FORMATS) as FormatName[];
/** A name of a secret that every format can express. */
const nameOf = (i: number) => `ODD_${i}`;

/** Returns the secrets that a parser reads from the printed text of a format, and the names that the format cannot express. */
function roundTrip(format: FormatName, secrets: { name: string; value: string }[]) {
  const { text, unprintable } = FORMATS[format].print(secrets);
  const { entries, problems } = FORMATS[format].parse(text);
  return { read: entries.map(({ name, value }) => ({ name, value })), problems, unprintable };
}

/** The odd values that a format cannot express. All other odd values survive a round trip. */
const INEXPRESSIBLE: Record<FormatName, (value: string) => boolean> = {
  dotenv: (value) => value.includes('\0') || value.startsWith('encrypted:') || /['\\$\r]/.test(value),
  docker: (value) => /[\n\0]/.test(value) || value.endsWith('\r') || value.length > 65_000,
  shell: (value) => value.includes('\0'),
  json: () => false,
  yaml: () => false,
  kubernetes: () => false,
  doppler: () => false,
  infisical: () => false,
};

test('the list of odd values has more than 200 values', () => {
  expect(FORMAT_VALUES.length).toBeGreaterThan(200);
});

describe.each(NAMES)('a file in the format %s', (format) => {
  test('contains each odd value exactly, or names the secret as inexpressible', () => {
    const secrets = FORMAT_VALUES.map((value, i) => ({ name: nameOf(i), value }));
    const { read, problems, unprintable } = roundTrip(format, secrets);
    const missing = new Set(unprintable.map(({ name }) => name));
    expect(read).toEqual(secrets.filter(({ name }) => !missing.has(name)));
    expect(problems.filter(({ code }) => !code.endsWith('_KEPT'))).toEqual([]);
    const wronglyMissing = secrets.filter(({ name, value }) => missing.has(name) && !INEXPRESSIBLE[format](value));
    expect(wronglyMissing).toEqual([]);
  });

  test('contains values with the maximum length exactly', () => {
    const secrets = LONG_VALUES.map((value, i) => ({ name: nameOf(i), value }));
    const { read, unprintable } = roundTrip(format, secrets);
    const missing = new Set(unprintable.map(({ name }) => name));
    expect(read).toEqual(secrets.filter(({ name }) => !missing.has(name)));
    if (!['docker', 'dotenv'].includes(format)) expect(read.length).toBe(secrets.length);
  });

  test('contains generated secrets exactly, or names the secret as inexpressible', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '"',
        "'",
        '`',
        '\\',
        '$',
        '#',
        '\n',
        '\r',
        '\r\n',
        ' ',
        '\t',
        '=',
        ':',
        '-',
        '{',
        '}',
        '(',
        ')',
        'a',
        'B=',
        "'\nB='",
        '\0',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    );
    const value = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
    const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,12}$/);
    const secrets = fc.uniqueArray(fc.record({ name, value }), { selector: (secret) => secret.name, maxLength: 6 });
    fc.assert(
      fc.property(secrets, (all) => {
        const { read, unprintable } = roundTrip(format, all);
        const missing = new Set(unprintable.map((secret) => secret.name));
        expect(read).toEqual(all.filter((secret) => !missing.has(secret.name)));
      }),
      { numRuns: 500 },
    );
  });

  test('never throws for any text, and never quotes the text in a message', () => {
    const piece = fc.constantFrom(
      ...[
        'A=',
        'A: ',
        '"',
        "'",
        '`',
        '\\',
        '\n',
        '[',
        ']',
        '{',
        '}',
        ',',
        'kind: Secret\n',
        'apiVersion: v1\n',
        'data:\n',
        '  a: ',
        '"a":',
        'Key,Value\n',
      ],
      ...[
        'SENTINELVALUE',
        '- ',
        '---\n',
        '&a ',
        '*a',
        '!!binary ',
        '<<: ',
        '%',
        '\t',
        '\u0000',
        '\ufeff',
        '-----BEGIN X-----',
        '$(',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const { problems } = FORMATS[format].parse(pieces.join(''));
        for (const { message, line } of problems) {
          expect(message).not.toContain('SENTINEL');
          expect(line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

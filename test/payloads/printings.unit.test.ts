// Masks the secret values in printings.yaml, which real tools printed, and checks that a masked text shows no part of the value.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { maskedPayload } from '../../src/payloads/masking/masking.ts';
import type { Json } from '../../src/primitives/json.ts';
import { PRINTED_VALUES } from './printed-values.ts';
import { RUN, runsOfValue, shownEncoding, shownRun, skeletonOf } from './skeleton-runs.ts';

interface Printing {
  tool: string;
  name: string;
  texts: Record<string, string>;
}

interface NotHidden {
  /** The tool and the name of the printing. */
  printing: string;
  /** The reason in the words of SECURITY.md. */
  reason: string;
  /** Names of values. If `values` is missing, the entry is about every value. */
  values?: string[];
}

const file = readFileSync(join(import.meta.dirname, 'printings.yaml'), 'utf8');
const {
  printings,
  'not hidden': notHidden,
  'known parts shown': knownShown,
}: {
  printings: Printing[];
  'not hidden': NotHidden[];
  /** Masking shows parts of these encoded values that are no secret. */
  'known parts shown': { printing: string; values: string[] }[];
} = parse(file);

const values = PRINTED_VALUES.map((value) => ({
  ...value,
  runs: runsOfValue(value),
  letters: skeletonOf(value.text).length,
}));
const titleOf = ({ tool, name }: Printing) => `${tool}: ${name}`;

/** Returns the payload as a text, so that a text inside a list or an object is looked at in the same way. */
const textOf = (json: Json): string =>
  typeof json === 'object' && json !== null
    ? Object.entries(json)
        .map(([name, member]) => `${Array.isArray(json) ? '' : name} ${textOf(member as Json)}`)
        .join('\n')
    : String(json);

function jsonOf(text: string): Json | undefined {
  try {
    const json = JSON.parse(text) as Json;
    return typeof json === 'object' && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Returns what a person can still read of each value in the masked printing. */
function shownBy(printing: Printing): Record<string, string> {
  const { texts } = printing;
  const known = knownShown.filter((one) => one.printing === titleOf(printing)).flatMap((one) => one.values);
  const shown: Record<string, string> = {};
  // Letters and digits that the tool prints for each character of a value.
  const perCharacter = Math.min(
    ...values.flatMap(({ name, text: value }) => {
      const text = texts[name];
      return text === undefined || text.includes('\n…\n') ? [] : [skeletonOf(text).length / value.length];
    }),
    8,
  );
  for (const { name, text: value, runs, letters } of values) {
    const text = texts[name];
    if (text === undefined) continue;
    const isPlain = shownRun(text, runs) !== undefined;
    const length = Math.max(RUN, Math.ceil((RUN * perCharacter * value.length) / letters));
    const frame = Object.keys(texts).flatMap((other) => (other === name ? [] : [texts[other] as string]));
    const json = jsonOf(text);
    for (const payload of json === undefined ? [text] : [text, json]) {
      const masked = textOf(maskedPayload(payload, { keys: new Set(), values: [value] }));
      const found =
        isPlain || known.includes(name)
          ? shownRun(masked, runs)
          : (shownRun(masked, runs) ?? shownEncoding(masked, { encoded: text, length, frame }));
      if (found !== undefined) shown[name] ??= found;
    }
  }
  return shown;
}

const exceptionsOf = (printing: Printing) => notHidden.filter((one) => one.printing === titleOf(printing));
const isExcepted = (printing: Printing, value: string) =>
  exceptionsOf(printing).some((one) => one.values?.includes(value) ?? true);

test('printings.yaml contains ten values in at least sixty printings', () => {
  expect(values).toHaveLength(10);
  expect(new Set(printings.map(titleOf)).size).toBe(printings.length);
  for (const { name } of values)
    expect(printings.filter(({ texts }) => texts[name] !== undefined).length).toBeGreaterThanOrEqual(60);
});

describe('masking a secret value that a tool printed shows no 15 letters or digits of the value in a row', () => {
  test.each(printings.map((one) => [titleOf(one), one] as const))('printed by %s', (_, printing) => {
    const shown = Object.entries(shownBy(printing)).filter(([value]) => !isExcepted(printing, value));
    expect(Object.fromEntries(shown)).toEqual({});
  });
});

describe('printings that masking by value does not find', () => {
  test.each(notHidden.map((one) => [one.printing, one] as const))('%s still shows a value', (title, { values }) => {
    const printing = printings.find((one) => titleOf(one) === title);
    const shown = Object.keys(printing === undefined ? {} : shownBy(printing));
    if (values === undefined) expect(shown.length).toBeGreaterThan(0);
    else expect(shown).toEqual(expect.arrayContaining(values));
  });

  test('SECURITY.md names the reason for each printing that masking does not find', () => {
    const security = readFileSync(join(import.meta.dirname, '../../SECURITY.md'), 'utf8').replace(/\s+/g, ' ');
    const missing = notHidden.filter(({ reason }) => !security.includes(`- ${reason}`));
    expect([...new Set(missing.map(({ reason }) => reason))]).toEqual([]);
  });
});

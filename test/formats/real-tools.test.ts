import { describe, expect, test } from 'vitest';
import { FORMATS, type FormatName } from '../../src/formats/formats.ts';
import { FORMAT_VALUES, LONG_VALUES } from './odd-values.ts';
import {
  hasProgram,
  type Read,
  readByDocker,
  readByDotenvx,
  readByKubectl,
  readByPython,
  readByShell,
} from './real-tools.ts';

/** Returns the text of a file with odd values, and the secrets in the file. */
function printed(
  format: FormatName,
  values: readonly string[] = [...FORMAT_VALUES, ...LONG_VALUES],
): { text: string; expected: Read } {
  const secrets = values.map((value, i) => ({ name: `ODD_${i}`, value }));
  const { text, unprintable } = FORMATS[format].print(secrets);
  const missing = new Set(unprintable.map(({ name }) => name));
  const kept = secrets.filter(({ name }) => !missing.has(name));
  expect(kept.length).toBeGreaterThan(200);
  return { text, expected: Object.fromEntries(kept.map(({ name, value }) => [name, value])) };
}

/** Programs with the name `docker` that are not Docker's command line send nothing to the test's server. */
const hasDocker = hasProgram('docker') && (await readByDocker('A=b\n'))?.A === 'b';

describe('a printed file with odd values', () => {
  test.each(['sh', 'bash'] as const)('in the format shell has the same values in %s, byte for byte', async (shell) => {
    const { text, expected } = printed('shell');
    expect(await readByShell(shell, text, Object.keys(expected))).toEqual(expected);
  });

  test.skipIf(!hasDocker)(
    "in the format docker has the same values for `docker --env-file` (skipped without docker's command line)",
    async () => {
      const { text, expected } = printed('docker');
      expect(await readByDocker(text)).toEqual(expected);
    },
  );

  test.skipIf(!hasProgram('dotenvx'))(
    'in the format dotenv has the same values in a program that `dotenvx run` starts (skipped without @dotenvx/dotenvx)',
    async () => {
      const { text, expected } = printed('dotenv', FORMAT_VALUES);
      expect(await readByDotenvx(text, Object.keys(expected))).toEqual(expected);
    },
  );

  test.skipIf(!hasProgram('kubectl'))(
    'in the format kubernetes has the same values for kubectl (skipped without kubectl)',
    async () => {
      const { text, expected } = printed('kubernetes');
      expect(await readByKubectl(text)).toEqual(expected);
    },
  );

  test.skipIf(!hasPythonYaml())('in the format yaml has the same values for Python (skipped without PyYAML)', () => {
    const { text, expected } = printed('yaml');
    expect(readByPython(text)).toEqual(expected);
  });
});

function hasPythonYaml(): boolean {
  try {
    return readByPython('a: b').a === 'b';
  } catch {
    return false;
  }
}

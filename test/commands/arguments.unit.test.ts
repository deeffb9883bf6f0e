import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readArguments, withoutArguments, wordsProblem } from '../../src/commands/arguments.ts';
import { run as audit } from '../../src/commands/audit.ts';
import { run as keys } from '../../src/commands/keys.ts';
import { requireFile } from '../../src/commands/readable-file.ts';

let printed: string[];
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'error').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => vi.restoreAllMocks());

test.each([
  [keys, ['foo'], 'Unknown command `foo`.'],
  [keys, [], 'A command is missing.'],
  [keys, ['rotate', '--x'], 'Unknown option `--x`.'],
  [keys, ['remove'], '`remove` requires exactly one ID of an encryption key.'],
  [audit, ['retire'], '`retire` requires `--before YYYY-MM`.'],
  [audit, ['retire', '--before', '2027'], '`retire` requires `--before YYYY-MM`.'],
  [audit, ['retire', '--before'], 'An option requires a value.'],
  [audit, ['verify', '--values', '--after', 'foo'], '`--after` requires the id of a secret: `sec_…`.'],
  [audit, ['verify', '--after', 'foo'], '`--after` requires `--values`.'],
  [audit, ['verify', '--values=foo'], 'The option `--values` takes no value.'],
] as const)(
  'if a command receives wrong arguments, its first line of output explains the fault: %o %o',
  async (run, args, problem) => {
    expect(await run([...args])).toBe(2);
    expect(printed).toHaveLength(1);
    expect(printed[0]!.split('\n', 1)[0]).toContain(problem);
    expect(printed[0]).toContain('npm run');
  },
);

test('a message about wrong arguments of a command does not repeat an argument that may be a secret value', () => {
  const rules = { list: 'takes no arguments' };
  expect(wordsProblem('hunter2Sentinel7', rules)).not.toContain('hunter2');
  for (const args of [['--hunter2Sentinel7'], ['--password=hunter2'], ['-hunter2'], ['--help=hunter2']])
    expect(readArguments(args).problem).not.toContain('hunter2');
  expect(readArguments(['--before'], [], ['before']).problem).toBeDefined();
});

test('if a command cannot find a file, its message says that the file does not exist', async () => {
  await expect(requireFile('/no/such/file')).rejects.toThrow('Cannot read /no/such/file: the file does not exist.');
});

test('a command without arguments runs if it gets no argument, and otherwise prints its usage', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  expect(withoutArguments('usage', [])).toBeUndefined();
  expect(withoutArguments('usage', ['--help'])).toBe(0);
  expect(log).toHaveBeenCalledWith('usage');
  for (const args of [['word'], ['--unknown']]) expect(withoutArguments('usage', args)).toBe(2);
  expect(printed).toEqual([expect.stringContaining('usage'), expect.stringContaining('usage')]);
});

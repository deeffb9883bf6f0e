import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { WriteStream } from 'node:tty';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CliCommand } from '../../src/commands/cli-command.ts';
import { EXIT, exitCodeOf } from '../../src/commands/exit-code.ts';
import { CommandFailed } from '../../src/commands/failure.ts';
import { coloured } from '../../src/commands/output.ts';
import { program, runCommand, runProgram } from '../../src/commands/program.ts';
import { requireFile } from '../../src/commands/readable-file.ts';

let out: string;
let err: string;
beforeEach(() => {
  out = '';
  err = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += text;
    return true;
  });
  vi.spyOn(console, 'error').mockImplementation((text: string) => {
    err += `${text}\n`;
  });
});
afterEach(() => vi.restoreAllMocks());

test.each([
  [['keys', 'foo'], 'Unknown command `foo`'],
  [['keys'], 'A command is missing'],
  [['keys', 'rotate', '--x'], 'Unknown option `--x`'],
  [['keys', 'remove'], "'ID'"],
  [['keys', 'list', 'all'], "Too many arguments for 'list'"],
  [['signing-keys', 'rotate', 'now'], "Too many arguments for 'rotate'"],
  [['operations', 'register'], "'FILE'"],
  [['operations', 'remove'], "'HASH'"],
  [['audit', 'retire'], '--before <YYYY-MM>'],
  [['audit', 'retire', '--before', '2027'], '--before <YYYY-MM>'],
  [['audit', 'retire', '--before'], '--before <YYYY-MM>'],
  [['audit', 'retire', '--before', '2027-01', '--after', 'x'], 'Unknown option `--after`'],
  [['audit', 'verify', '--values', '--after', 'foo'], '--after <ID>'],
  [['audit', 'verify', '--after', 'sec_01938a5c333370008000000000000001'], '`--after` requires `--values`'],
  [['audit', 'verify', '--values=foo'], 'Unknown option `--values`'],
  [['audit', 'verify', 'file', '--values'], 'FILE cannot be combined'],
  [['audit', 'verify', '--anchors', 'log', '--values'], '`--anchors` cannot be combined'],
  [['reset-password'], "'USERNAME'"],
  [['worker', 'now'], "Too many arguments for 'worker'"],
  [['demo', '--fast'], 'Unknown option `--fast`'],
  [['sserve'], 'Did you mean serve?'],
] as const)(
  'the arguments %o end with exit code 2, and the first lines of the error name the wrong argument',
  async (args, problem) => {
    expect(await runProgram(args)).toBe(EXIT.USAGE);
    expect(out).toBe('');
    expect(err.split('\n\n')[0]).toContain(problem);
    expect(err).toContain('Usage: secrets-gateway');
  },
);

test.each([
  [['hunter2Sentinel7']],
  [['keys', 'hunter2Sentinel7']],
  [['keys', 'list', "hunter2'Sentinel7"]],
  [['keys', '--hunter2Sentinel7']],
  [['serve', '--password=hunter2']],
  [['serve', '--port=hunter2']],
  [['audit', 'retire', '--before', "it's hunter2' is invalid."]],
] as const)('the error for the arguments %o does not repeat the argument that may be a secret value', async (args) => {
  expect(await runProgram(args)).toBe(EXIT.USAGE);
  expect(err).not.toContain('hunter2');
});

test('without arguments, the program prints all commands to standard error and exits with 2', async () => {
  expect(await runProgram([])).toBe(EXIT.USAGE);
  expect(out).toBe('');
  expect(err).toContain('serve');
});

test('every command explains itself with --help, and exits with 0', async () => {
  const all = await program(() => true);
  const paths: string[][] = [];
  const visit = (command: CliCommand, path: string[]) => {
    paths.push(path);
    for (const below of command.commands) visit(below as CliCommand, [...path, below.name()]);
  };
  visit(all, []);
  expect(paths.length).toBeGreaterThan(15);
  for (const path of paths) {
    out = '';
    expect(await runProgram([...path, '--help']), path.join(' ')).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: ${['secrets-gateway', ...path].join(' ')}`));
  }
  expect(err).toBe('');
});

test('docs/cli.md contains every command and every exit code', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  const documented = rows.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([a-z:-]+)/g)].map(([, name]) => name));
  for (const command of (await program(() => false)).commands) expect(documented).toContain(command.name());
  const codes = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});

test('the help text of a command lists its own options above the flags for settings', async () => {
  await runProgram(['audit', 'retire', '--help']);
  const headings = ['Options:', '--before', 'Settings:', '--data-dir'].map((text) => out.indexOf(text));
  expect(headings).toEqual(headings.toSorted((a, b) => a - b));
  expect(headings).not.toContain(-1);
});

test.each([
  [true, {}, '\x1b[31mbad\x1b[39m'],
  [true, { NO_COLOR: '1' }, 'bad'],
  [false, {}, 'bad'],
])('with a terminal %s and the environment %o, a coloured text is %j', (isTTY, env, expected) => {
  for (const name of ['NO_COLOR', 'FORCE_COLOR', 'NODE_DISABLE_COLORS', 'CI']) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubEnv('TERM', 'xterm-256color');
  const stream = Object.assign(new PassThrough(), { isTTY, getColorDepth: WriteStream.prototype.getColorDepth });
  expect(coloured('red', 'bad', stream as unknown as NodeJS.WriteStream)).toBe(expected);
  vi.unstubAllEnvs();
});

test('--version prints the version in package.json', async () => {
  expect(await runProgram(['--version'])).toBe(0);
  expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('a command that fails with --json prints its error as one line of JSON to standard error', async () => {
  const command = new CliCommand('x').withJson().runs(async () => {
    throw new CommandFailed('No secret has this name.', EXIT.NOT_FOUND);
  });
  expect(await runCommand(command, ['--json'])).toBe(EXIT.NOT_FOUND);
  expect(JSON.parse(err)).toEqual({ error: { message: 'No secret has this name.' } });
});

test('the option --json of a program that a command runs is not the option of the command', async () => {
  const command = new CliCommand('x')
    .withJson()
    .argument('<PROGRAM...>')
    .passThroughOptions()
    .runs(async () => {
      throw new CommandFailed('No secret has this name.', EXIT.NOT_FOUND);
    });
  expect(await runCommand(command, ['program', '--json'])).toBe(EXIT.NOT_FOUND);
  expect(err).toBe('No secret has this name.\n');
});

test('the exit code of an error follows from the error code of the gateway', () => {
  expect(exitCodeOf('UNAUTHENTICATED')).toBe(3);
  expect(exitCodeOf('FORBIDDEN')).toBe(4);
  expect(exitCodeOf('NOT_FOUND')).toBe(5);
  expect(exitCodeOf('NAME_TAKEN')).toBe(6);
  expect(exitCodeOf('UNAVAILABLE')).toBe(7);
  for (const other of ['ENOENT', 'toString', undefined, 42]) expect(exitCodeOf(other)).toBe(1);
});

test('if a command cannot read a file, its error names the file and the reason', async () => {
  await expect(requireFile('/no/such/file')).rejects.toThrow('Cannot read /no/such/file: the file does not exist.');
  await expect(requireFile(tmpdir())).rejects.toThrow(`Cannot read ${tmpdir()}: this is a directory.`);
});

test('an invalid setting in a flag ends a command with exit code 2, and the error names the setting', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'settings-'));
  writeFileSync(join(dir, 'wrong.env'), 'PROT=1\n');
  expect(await runProgram(['serve', '--config', join(dir, 'wrong.env'), '--port', 'hunter2'])).toBe(EXIT.USAGE);
  expect(err).toContain('PROT');
  expect(await runProgram(['serve', '--port', 'hunter2'])).toBe(EXIT.USAGE);
  expect(err).toContain('PORT must be');
  expect(err).not.toContain('hunter2');
  rmSync(dir, { recursive: true });
});

// Tests the command `run` with real programs: sh, bash, and a terminal.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { secretsClient } from '../../../src/client/secrets-client.ts';
import { startProgram } from '../../../src/commands/client/child-process.ts';
import { cli, inTerminal, MAIN, startCli } from '../../support/cli.ts';
import { until } from '../../support/gateway-process.ts';
import { ODD_VALUES } from '../../support/odd-values.ts';
import { sentinel } from '../../support/sentinel.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../../support/world.ts';

let w: World;
let app: SomeApplication;
let ann: SomeUser;
let folder: string;
let env: Record<string, string>;
let memory: string;
beforeAll(async () => {
  w = await world();
  app = await w.application('deploy', { roles: ['ADMIN'] });
  ann = await w.user('ann', { roles: ['USER'] });
});
afterAll(() => w.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-run-'));
  memory = await mkdtemp('/dev/shm/cli-run-');
  env = { GATEWAY_URL: w.url, GATEWAY_KEY_ID: app.keyId, GATEWAY_KEY_SECRET: app.keySecret, HOME: folder };
});
afterEach(async () => {
  for (const path of [folder, memory]) await rm(path, { recursive: true, force: true });
});

const run = (args: string[], more: Record<string, string> = {}) => cli(['run', ...args], { env: { ...env, ...more } });
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

describe('the environment of a program', () => {
  test.each(['sh', 'bash'])('every odd value arrives byte for byte in %s', { timeout: 180_000 }, async (shell) => {
    const client = secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } });
    const lines: string[] = [];
    for (const [i, value] of ODD_VALUES.entries()) {
      await client.set(`odd-${i}`, value);
      lines.push(`V${i}=odd-${i}`);
    }
    await writeFile(join(folder, 'map'), `# values\n\n${lines.join('\n')}\n`);
    const script = ODD_VALUES.map((_, i) => `printf %s "$V${i}" | base64 -w0; echo`).join('\n');
    const { code, out, err } = await run(['--map', join(folder, 'map'), '--no-mask', '--', shell, '-c', script]);
    expect([code, err]).toEqual([0, '']);
    const printed = out.toString().split('\n');
    expect(ODD_VALUES.filter((value, i) => Buffer.from(printed[i] ?? '', 'base64').toString() !== value)).toEqual([]);
  });

  test('secrets are chosen by tag, and a name becomes a variable in capital letters', async () => {
    const [one, two] = [
      await w.secret('db-password', { tags: ['env:run'] }),
      await w.secret('2fa', { tags: ['env:run'] }),
    ];
    const script = 'printf "%s %s %s" "$DB_PASSWORD" "$_2FA" "$OTHER"';
    const { out } = await run(['--tag', 'env:run', '--no-mask', '--secret', 'OTHER=2fa', '--', 'sh', '-c', script]);
    expect(out.toString()).toBe(`${one.value}  ${two.value}`);
  });

  test('the program gets no credentials of the gateway, unless the user asks', async () => {
    await w.secret('plain');
    const print = ['--', 'sh', '-c', 'printf %s "${GATEWAY_KEY_SECRET-none}"'];
    expect((await run(['--secret', 'plain', '--no-mask', ...print])).out.toString()).toBe('none');
    expect((await run(['--secret', 'plain', '--no-mask', '--keep-credentials', ...print])).out.toString()).toBe(
      app.keySecret,
    );
  });

  test('a secret that is chosen by its tag cannot set a variable that loads code', async () => {
    await w.secret('LD_PRELOAD', { tags: ['env:evil'], value: '/tmp/evil.so' });
    const { code, err } = await run(['--tag', 'env:evil', '--', 'true']);
    expect([code, err]).toEqual([2, expect.stringContaining('LD_PRELOAD')]);
    await w.secret('ssl-cert', { tags: ['env:evil-file'] });
    expect((await run(['--tag', 'env:evil-file', '--files', join(memory, 'x'), '--', 'true'])).code).toBe(2);
    expect(
      (await run(['--secret', 'LD_PRELOAD=LD_PRELOAD', '--tag', 'env:evil', '--', 'sh', '-c', 'exit 3'])).code,
    ).toBe(3);
  });

  test.each<[string, number, string[]]>([
    ['a secret that does not exist', 5, ['--secret', 'absent']],
    ['a tag that no secret has', 5, ['--tag', 'env:absent']],
    ['two secrets with the same variable', 2, ['--secret', 'A=plain-1', '--secret', 'A=plain-2']],
    ['no chosen secret', 2, []],
    ['a malformed variable', 2, ['--secret', 'A B=plain-1']],
    ['a value with the character NUL', 2, ['--secret', 'nul']],
    ['a mapping file that does not exist', 2, ['--map', '/absent']],
  ])('the program does not start with %s', async (_, expected, args) => {
    await secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } }).set('nul', 'a\0b');
    const mark = join(folder, 'started');
    const { code } = await run([...args, '--', 'touch', mark]);
    expect([code, existsSync(mark)]).toEqual([expected, false]);
  });

  test('if one of several secrets is refused, the error names each refused secret, and the program does not start', async () => {
    await w.secret('allowed');
    await w.secret('refused-1');
    await w.secret('refused-2');
    await w.grant(ann.id, 'READ', 'allowed');
    for (const name of ['refused-1', 'refused-2']) await w.grant(ann.id, 'UPDATE', name);
    await writeFile(join(folder, 'password'), ann.password);
    const as = { HOME: folder, GATEWAY_URL: w.url };
    await cli(['login', '--username', 'ann', '--password-file', join(folder, 'password')], { env: as });
    const args = ['allowed', 'refused-1', 'refused-2'].flatMap((name) => ['--secret', name]);
    const { code, err } = await cli(['run', ...args, '--', 'true'], { env: as });
    expect(code).toBe(4);
    expect(err).toMatch(/refused-1.*\n.*refused-2/);
  });
});

describe('exit codes and signals', () => {
  beforeAll(async () => {
    await w.secret('any');
  });
  const withAny = (...command: string[]) => ['--secret', 'any', '--', ...command];

  test('the exit code of the program is the exit code of run', async () => {
    expect((await run(withAny('sh', '-c', 'exit 42'))).code).toBe(42);
    expect((await run(withAny('sh', '-c', 'kill -9 $$'))).code).toBe(137);
    expect((await run(withAny('/absent/program'))).code).toBe(127);
    expect((await run(withAny('/etc/passwd'))).code).toBe(126);
  });

  test('a value that is too long for an environment variable has the exit code 126, and the error names --files', async () => {
    const client = secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } });
    await client.set('too-long', '漢'.repeat(65_535));
    const { code, err } = await run(['--secret', 'too-long', '--', 'true']);
    expect([code, err]).toEqual([126, expect.stringContaining('--files')]);
    expect(err.length).toBeLessThan(300);
  });

  test('options after the program belong to the program', async () => {
    expect((await run(['--secret', 'any', 'echo', '--mask', '-x'])).out.toString()).toBe('--mask -x\n');
  });

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1'] as const)(
    '%s reaches the program, and run waits for the program',
    async (signal) => {
      const trap = `trap 'echo got; exit 9' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`;
      const running = startCli(['run', ...withAny('sh', '-c', trap)], { env });
      await until(() => running.out() === 'ready\n');
      running.child.kill(signal);
      const { code, out } = await running.ended;
      expect([code, out.toString()]).toEqual([9, 'ready\ngot\n']);
    },
  );

  test('the program reads the standard input of run', async () => {
    expect((await cli(['run', ...withAny('cat')], { env, input: 'input\n' })).out.toString()).toBe('input\n');
  });

  test('on a terminal, the program has the terminal, and Ctrl-C reaches the program once', async () => {
    const script = join(folder, 'program.sh');
    const loop = 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.1; done';
    await writeFile(script, `trap 'echo got' INT; test -t 0 && test -t 1 && echo terminal; ${loop}; ${loop}; exit 5`);
    const running = inTerminal([process.execPath, MAIN, 'run', ...withAny('sh', script)].join(' '), env);
    await until(() => running.out().includes('terminal'));
    running.child.stdin.write('\x03');
    const { code, out } = await running.ended;
    expect([code, out.toString().match(/got/g)?.length]).toEqual([5, 1]);
  });
});

describe('the output of a program', () => {
  test('values are masked if the output is not a terminal, on both outputs and across the borders of writes', async () => {
    const { value } = await w.secret('printed');
    const half = Math.floor(value.length / 2);
    const script = `printf '%s' "$(printf %s "$PRINTED" | cut -c1-${half})"; sleep 0.2; printf %s "$PRINTED" | cut -c${half + 1}-; printf %s "$PRINTED" | base64 >&2; echo done`;
    const { out, err } = await run(['--secret', 'printed', '--', 'bash', '-c', script]);
    expect(out.toString()).toBe('***\ndone\n');
    expect(err).not.toContain(Buffer.from(value).toString('base64').slice(0, 20));
    expect((await run(['--secret', 'printed', '--no-mask', '--', 'sh', '-c', 'echo $PRINTED'])).out.toString()).toBe(
      `${value}\n`,
    );
  });

  test('if the reader of the output ends, the program ends too', async () => {
    await w.secret('endless');
    const running = startCli(['run', '--secret', 'endless', '--', 'yes'], { env });
    await until(() => running.out().startsWith('y\ny\n'));
    running.child.stdout.destroy();
    expect((await running.ended).code).toBeGreaterThan(0);
  });
});

test('many starts of a program add no listener to the outputs of the command', async () => {
  const listeners = () => [process.stdout, process.stderr].map((stream) => stream.listenerCount('error'));
  const start = () =>
    startProgram({
      command: 'true',
      args: [],
      env: { PATH: '/bin' },
      values: ['value'],
      masked: { out: true, err: true },
    });
  await start().ended;
  const first = listeners();
  for (let i = 0; i < 20; i++) expect(await start().ended).toBe(0);
  expect(listeners()).toEqual(first);
});

describe('files in memory and named pipes', () => {
  test('each value is a file that only the user can read, and run removes the files', async () => {
    const { value } = await w.secret('tls-key');
    const at = join(memory, 'files');
    const script = `printf %s "$TLS_KEY_FILE"; echo; cat "$TLS_KEY_FILE"; echo; stat -c '%a' "$TLS_KEY_FILE" ${at}; printf %s "\${TLS_KEY-none}"`;
    const { code, out } = await run(['--secret', 'tls-key', '--files', at, '--no-mask', '--', 'sh', '-c', script]);
    expect([code, out.toString()]).toEqual([0, `${join(at, 'TLS_KEY')}\n${value}\n400\n700\nnone`]);
    expect(existsSync(at)).toBe(false);
  });

  test('a value with the character NUL is a file', async () => {
    await secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } }).set(
      'with-nul',
      'a\0b',
    );
    const { out } = await run([
      '--secret',
      'with-nul',
      '--files',
      join(memory, 'x'),
      '--no-mask',
      '--',
      'sh',
      '-c',
      'cat $WITH_NUL_FILE',
    ]);
    expect(out.toString()).toBe('a\0b');
  });

  test('a folder on a disk, and a folder with other files, are refused', async () => {
    await w.secret('on-disk');
    // The directory of the checkout is not on a tmpfs.
    const disk = join(import.meta.dirname, `files-${process.pid}`);
    expect((await run(['--secret', 'on-disk', '--files', disk, '--', 'true'])).code).toBe(2);
    expect(existsSync(disk)).toBe(false);
    await writeFile(join(memory, 'other'), 'x');
    expect((await run(['--secret', 'on-disk', '--files', memory, '--', 'true'])).code).toBe(2);
    expect(await readdir(memory)).toEqual(['other']);
  });

  test('a named pipe gives the complete value to each reader, also a value that is longer than the buffer of a pipe', async () => {
    const value = `${sentinel()}${'漢'.repeat(50_000)}`;
    await secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } }).set('long', value);
    const at = join(folder, 'pipes');
    const script = 'test -p $LONG_FILE && cat $LONG_FILE && sleep 0.2 && cat $LONG_FILE';
    const { code, out } = await run([
      '--secret',
      'long',
      '--files',
      at,
      '--pipes',
      '--no-mask',
      '--',
      'sh',
      '-c',
      script,
    ]);
    expect([code, out.toString() === value + value]).toEqual([0, true]);
    expect(existsSync(at)).toBe(false);
  });

  test('after SIGTERM no file is left', async () => {
    await w.secret('stopped');
    const at = join(memory, 'files');
    const running = startCli(
      ['run', '--secret', 'stopped', '--files', at, '--', 'sh', '-c', 'echo ready; exec sleep 60'],
      { env },
    );
    await until(() => running.out() === 'ready\n');
    running.child.kill('SIGTERM');
    expect((await running.ended).code).toBe(143);
    expect(existsSync(at)).toBe(false);
  });
});

test('with --watch, the program starts again after a rotation, with the new value', async () => {
  await w.secret('watched', { tags: ['env:watched'] });
  const client = secretsClient({ url: w.url, credentials: { keyId: app.keyId, keySecret: app.keySecret } });
  const log = join(folder, 'log');
  const script = `printf '%s\\n' "$WATCHED" | sha256sum >> ${log}; exec sleep 60`;
  const running = startCli(['run', '--tag', 'env:watched', '--watch', '--interval', '1', '--', 'sh', '-c', script], {
    env,
  });
  const starts = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').length - 1 : 0);
  await until(() => starts() === 1);
  await client.rotate('watched', { value: sentinel() });
  await until(() => starts() === 2);
  // A new secret with the tag is a change too.
  await w.secret('watched-too', { tags: ['env:watched'] });
  await until(() => starts() === 3);
  expect(new Set(readFileSync(log, 'utf8').trim().split('\n')).size).toBe(2);
  running.child.kill('SIGTERM');
  expect((await running.ended).code).toBe(143);
});

/** Searches processes and new files of the machine for a value. */
function searchFor(value: string) {
  const ROOTS = [tmpdir(), '/dev/shm', '/var/tmp'];
  const before = new Set(ROOTS.flatMap((root) => readdirSync(root).map((name) => join(root, name))));
  const contains = (path: string) => {
    try {
      return readFileSync(path, 'latin1').includes(value);
    } catch {
      return false;
    }
  };
  const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return {
    /** Returns the processes whose environment contains the value. */
    environments: () =>
      pids()
        .filter((pid) => contains(`/proc/${pid}/environ`))
        .map(Number),
    arguments: () => [
      ...pids().filter((pid) => contains(`/proc/${pid}/cmdline`)),
      ...execFileSync('ps', ['axww', '-o', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((line) => line.includes(value)),
    ],
    /** Returns the files with the value that did not exist before the search began, and the files with the value in the folders of the test. */
    files: () =>
      ROOTS.flatMap((root) => readdirSync(root).map((name) => join(root, name)))
        .filter((path) => !before.has(path) || path === folder || path === memory)
        .flatMap((path) => {
          try {
            const found = readdirSync(path, { recursive: true, withFileTypes: true, encoding: 'utf8' });
            return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
          } catch {
            return [path];
          }
        })
        .filter(contains),
  };
}

describe('the place of a value while a program runs, and after the program ended', () => {
  const script = 'echo $$; exec sleep 60';

  test('only the environment of the program contains the value: no argument, no other process, no file', async () => {
    const { value } = await w.secret('searched');
    const search = searchFor(value);
    const running = startCli(['run', '--secret', 'searched', '--', 'sh', '-c', script], {
      env: { ...env, XDG_CONFIG_HOME: folder },
    });
    await until(() => running.out().endsWith('\n'));
    const program = Number(running.out());
    expect([search.environments(), search.arguments(), search.files()]).toEqual([[program], [], []]);
    expect(await readdir(folder)).toEqual([]);
    running.child.kill('SIGTERM');
    await running.ended;
    expect(isAlive(program)).toBe(false);
    expect([search.environments(), search.files()]).toEqual([[], []]);
  });

  test.each([
    ['files in memory', 'in-file', [], (path: string) => [path]],
    ['named pipes', 'in-pipe', ['--pipes'], () => []],
  ] as const)(
    'with %s, no environment contains the value, and only the folder of --files contains it',
    async (_, name, more, expected) => {
      const { value } = await w.secret(name);
      const search = searchFor(value);
      const at = join(memory, 'files');
      const args = ['run', '--secret', `IN_FOLDER=${name}`, '--files', at, ...more];
      const running = startCli([...args, '--', 'sh', '-c', script], { env });
      await until(() => running.out().endsWith('\n'));
      expect([search.environments(), search.arguments()]).toEqual([[], []]);
      expect(search.files()).toEqual(expected(join(at, 'IN_FOLDER')));
      running.child.kill('SIGTERM');
      await running.ended;
      expect([search.environments(), search.files(), existsSync(at)]).toEqual([[], [], false]);
    },
  );

  test('a program that fails has the core limit of 1 byte and writes no core dump, also if the limit of the shell allows core dumps', async () => {
    const { value } = await w.secret('dumped');
    const search = searchFor(value);
    // `ulimit` of a shell rounds the limit to blocks.
    const crash = `cd ${folder}; prlimit --core --output SOFT --noheadings --raw; kill -SEGV $$`;
    const inShell = `ulimit -c unlimited; exec ${process.execPath} ${MAIN} run --secret dumped -- sh -c '${crash}'`;
    const shell = spawn('sh', ['-c', inShell], { env: { PATH: process.env.PATH, ...env } });
    const printed = text(shell.stdout);
    const [status] = await once(shell, 'close');
    expect([status, await printed]).toEqual([139, '1\n']);
    expect([search.files(), await readdir(folder)]).toEqual([[], []]);
  });

  test('after SIGKILL, the files stay in memory only until the next run, which removes the files and warns', async () => {
    const { value } = await w.secret('killed');
    const search = searchFor(value);
    const at = join(memory, 'files');
    const args = ['run', '--secret', 'killed', '--files', at, '--', 'sh', '-c', script];
    const running = startCli(args, { env });
    await until(() => running.out().endsWith('\n'));
    const second = await run(['--secret', 'killed', '--files', at, '--', 'true']);
    expect([second.code, search.files()]).toEqual([2, [join(at, 'KILLED')]]);
    running.child.kill('SIGKILL');
    const program = Number(running.out());
    await until(() => !isAlive(running.child.pid as number));
    expect(search.files()).toEqual([join(at, 'KILLED')]);
    const next = await run(['--secret', 'killed', '--files', at, '--no-mask', '--', 'sh', '-c', 'cat $KILLED_FILE']);
    expect([next.code, next.out.toString(), next.err]).toEqual([0, value, expect.stringContaining('Removed')]);
    process.kill(program, 'SIGKILL');
    await running.ended;
    expect([search.files(), await readdir(at)]).toEqual([[], []]);
  });
});

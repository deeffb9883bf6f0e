// Tests the commands that call a running gateway.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemKeyStore } from '../../../src/commands/client/system-key-store.ts';
import { cli, inTerminal, MAIN, startCli } from '../../support/cli.ts';
import { until } from '../../support/gateway-process.ts';
import { ODD_VALUES } from '../../support/odd-values.ts';
import { program } from '../../support/program.ts';
import { sentinel } from '../../support/sentinel.ts';
import { targetServer } from '../../support/target-server.ts';
import { type SomeApplication, type SomeUser, type World, world } from '../../support/world.ts';

let w: World;
let app: SomeApplication;
let ann: SomeUser;
let home: string;
let env: Record<string, string>;
beforeAll(async () => {
  w = await world();
  app = await w.application('deploy', { roles: ['ADMIN'] });
  ann = await w.user('ann', { roles: ['USER'] });
});
afterAll(() => w.close());
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'cli-'));
  env = { GATEWAY_URL: w.url, GATEWAY_KEY_ID: app.keyId, GATEWAY_KEY_SECRET: app.keySecret, HOME: home };
});
afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

const inProcess = (args: string[]) => program(args, env);

describe('set, get and rotate', () => {
  test('every odd value passes through set and get byte for byte', { timeout: 300_000 }, async () => {
    // With a profile, a command does not sign in again.
    await inProcess(['login', '--profile', 'odd']);
    env.SECRETS_GATEWAY_PROFILE = 'odd';
    const file = join(home, 'value');
    const different: number[] = [];
    for (const [i, value] of ODD_VALUES.entries()) {
      await writeFile(file, value);
      const stored = await inProcess(['set', `odd-${i}`, '--file', file, '--allow-empty']);
      expect([i, stored.code, stored.err]).toEqual([i, 0, '']);
      const { code, out } = await inProcess(['get', `odd-${i}`]);
      if (code !== 0 || out !== value) different.push(i);
    }
    expect(different).toEqual([]);
  });

  test('a value passes through standard input and standard output of a process, and the output has no line break at the end', async () => {
    const value = `${sentinel()}\u0000\ufeff ä\r\n`;
    expect(await cli(['set', 'piped'], { input: value, env })).toMatchObject({ code: 0 });
    expect((await cli(['get', 'piped'], { env })).out.toString()).toBe(value);
    await cli(['set', 'piped', '--strip-newline'], { input: 'x\r\n\r\n', env });
    expect((await cli(['get', 'piped'], { env })).out.toString()).toBe('x\r\n');
  });

  test('if the reader of the output closes the output early, get and export end with the exit code 1 and without a stack trace', async () => {
    await w.secret('large', { value: sentinel().repeat(1_000) });
    const running = startCli(['get', 'large'], { env });
    running.child.stdout.destroy();
    expect(await running.ended).toMatchObject({ code: 1, err: '' });
    const exporting = startCli(['export', 'large', '--yes'], { env });
    exporting.child.stdout.destroy();
    expect(await exporting.ended).toMatchObject({ code: 1, err: expect.not.stringContaining('Error') });
  });

  test('on a terminal, get ends the line after the value, and does not change the value in a pipe', async () => {
    // The leak test searches the output of the terminal, so the value is no sentinel.
    const { value } = await w.secret('shown', { value: 'shown on a terminal' });
    const running = inTerminal(`${process.execPath} ${MAIN} get shown`, env);
    expect((await running.ended).out.toString()).toBe(`${value}\r\n`);
    expect((await cli(['get', 'shown'], { env })).out.toString()).toBe(value);
  });

  test('an empty standard input changes nothing', async () => {
    await w.secret('kept');
    const { code } = await cli(['set', 'kept'], { env });
    expect(code).toBe(2);
    expect((await inProcess(['versions', 'kept', '--json'])).out).toContain('"number": 1');
  });

  test.each([
    ['binary data', Buffer.from([0xff, 0xfe])],
    ['a value that is too long', 'x'.repeat(65_536)],
    ['an unlimited input', 'x'.repeat(300_000)],
  ])('set refuses %s, and the error does not contain the value', async (_, input) => {
    const { code, err } = await cli(['set', 'refused'], { input, env });
    expect(code).toBe(2);
    expect(err.length).toBeLessThan(300);
    expect(await w.reveal(w.admin, 'refused')).toBeNull();
  });

  test('a value as an argument is refused, and the error does not repeat the value', async () => {
    const value = sentinel();
    const { code, err } = await inProcess(['set', 'db', value]);
    expect(code).toBe(2);
    expect(err).not.toContain(value);
  });

  test('rotate changes only an existing secret, and can expect a version', async () => {
    const file = join(home, 'value');
    await writeFile(file, sentinel());
    expect(await inProcess(['rotate', 'absent', '--file', file])).toMatchObject({ code: 5 });
    await w.secret('turned');
    expect(await inProcess(['rotate', 'turned', '--file', file, '--expect', '7'])).toMatchObject({ code: 6 });
    expect(await inProcess(['rotate', 'turned', '--file', file, '--expect', '1'])).toMatchObject({ code: 0 });
    expect(await inProcess(['rotate', 'turned', '--generate', '--length', '9', '--alphabet', 'hex'])).toMatchObject({
      code: 0,
    });
    expect((await inProcess(['get', 'turned'])).out).toMatch(/^[0-9a-f]{9}$/);
  });
});

describe('the other commands for secrets', () => {
  test('generate creates a secret, and then rotates the secret', async () => {
    expect((await inProcess(['generate', 'made', '--length', '20', '--tag', 'env:made'])).out).toBe(
      'made: created, version 1\n',
    );
    const first = (await inProcess(['get', 'made'])).out;
    expect(first).toMatch(/^[A-Za-z0-9]{20}$/);
    expect((await inProcess(['generate', 'made'])).out).toBe('made: changed, version 2\n');
    expect((await inProcess(['get', 'made', '--version', '1'])).out).toBe(first);
  });

  test('a secret is tagged, listed, rolled back, deleted and restored', async () => {
    await w.secret('life');
    expect((await inProcess(['tag', 'life', 'env:cli', 'team:x'])).out).toBe('life: env:cli team:x\n');
    expect((await inProcess(['tag', 'life', 'team:x', '--remove'])).out).toBe('life: env:cli\n');
    expect((await inProcess(['list', '--tag', 'env:cli'])).out).toMatch(/^name.*\nlife +1 +env:cli\n$/);
    const [listed] = JSON.parse((await inProcess(['list', '--tag', 'env:cli', '--json'])).out);
    expect(listed).toMatchObject({ name: 'life', version: 1, tags: ['env:cli'] });
    await inProcess(['rotate', 'life', '--generate']);
    expect((await inProcess(['rollback', 'life', '1'])).out).toBe('life: rolled back, version 3\n');
    expect(await inProcess(['delete', 'life'])).toMatchObject({ code: 0 });
    expect(await inProcess(['get', 'life'])).toMatchObject({ code: 5, out: '' });
    expect((await inProcess(['list', '--deleted', '--name', 'life'])).out).toContain('life');
    expect((await inProcess(['restore', 'life'])).out).toBe('life: restored, version 3\n');
    expect(await inProcess(['delete', 'life', '--purge', '--yes'])).toMatchObject({
      code: 0,
      out: 'life: destroyed\n',
    });
  });

  test('list prints only names with --names, and stops at --limit', async () => {
    for (const name of ['few-1', 'few-2', 'few-3'])
      await w.secret(name, { tags: ['env:few'], expiresAt: w.clock.in({ seconds: 60 }) });
    expect((await inProcess(['list', '--tag', 'env:few', '--names'])).out).toBe('few-1\nfew-2\nfew-3\n');
    expect((await inProcess(['list', '--tag', 'env:few', '--names', '--limit', '2'])).out).toBe('few-1\nfew-2\n');
    const none = await inProcess(['list', '--tag', 'env:few', '--expires-before', '2020-01-01']);
    expect(none).toMatchObject({ code: 0, out: '', err: expect.stringContaining('no secret') });
    expect((await inProcess(['list', '--tag', 'env:none', '--json'])).out).toBe('[]\n');
  });

  test('get --out writes the value to a file that only the user can read', async () => {
    const { value } = await w.secret('to-file');
    const out = join(home, 'value');
    expect(await inProcess(['get', 'to-file', '--out', out])).toMatchObject({ code: 0, out: '', err: '' });
    expect([await readFile(out, 'utf8'), (await stat(out)).mode & 0o777]).toEqual([value, 0o600]);
  });

  test('an error of --out names the cause, and not the temporary file', async () => {
    await w.secret('no-folder');
    const template = join(home, 'template');
    await writeFile(template, '${workflow.secrets.no-folder}');
    const out = ['--out', join(home, 'absent', 'file')];
    for (const args of [
      ['get', 'no-folder'],
      ['export', 'no-folder', '--yes'],
      ['render', template],
    ]) {
      const { code, err } = await inProcess([...args, ...out]);
      expect([code, err.trim().split('\n').at(-1)]).toEqual([
        1,
        'Cannot write the file of --out (the folder does not exist).',
      ]);
    }
  });

  test('a purge without a terminal and without --yes changes nothing', async () => {
    await w.secret('not-purged');
    expect((await cli(['delete', 'not-purged', '--purge'], { env })).code).toBe(2);
    expect(await w.sees(w.admin, 'not-purged')).toBe(true);
  });

  test('history, who-can and why show who did what, who has access, and the reason', async () => {
    await w.secret('audited');
    await w.grant(ann.id, 'READ', 'audited');
    await inProcess(['get', 'audited']);
    expect((await inProcess(['history', 'audited', '--limit', '1'])).out).toMatch(/SECRET_REVEAL +DONE +deploy +1/);
    expect((await inProcess(['who-can', 'audited', '--access', 'read'])).out).toMatch(
      /ann .*READ +READ by a grant on the name/,
    );
    expect(await inProcess(['why', 'audited', 'READ', '--for', 'ann'])).toMatchObject({
      code: 0,
      out: 'allowed\n  READ by a grant on the name\n',
    });
    expect(await inProcess(['why', 'audited', 'DELETE', '--for', ann.id])).toMatchObject({ code: 1 });
    expect(await inProcess(['why', 'audited', 'READ', '--for', 'nobody'])).toMatchObject({ code: 5 });
  });

  test.each([
    [5, ['get', 'absent']],
    [2, ['get']],
    [2, ['rollback', 'absent', 'x']],
    [2, ['why', 'absent', 'SEE']],
    [2, ['tag', 'absent', 'no-colon']],
    [2, ['list', '--access', 'SEE']],
  ])('the exit code is %i for %j, and the command prints a reason', async (code, args) => {
    expect(await inProcess(args)).toMatchObject({ code, out: '', err: expect.stringMatching(/\w/) });
  });

  test('a gateway that does not answer has the exit code 7, and a wrong access key has the exit code 3', async () => {
    const closed = await targetServer();
    await closed.close();
    env.GATEWAY_URL = closed.url;
    expect(await inProcess(['list'])).toMatchObject({ code: 7, err: expect.stringContaining('ECONNREFUSED') });
    env.GATEWAY_URL = w.url;
    env.GATEWAY_KEY_SECRET = sentinel('wrong');
    expect(await inProcess(['list', '--json'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('UNAUTHENTICATED'),
    });
    env.GATEWAY_KEY_ID = '';
    expect(await inProcess(['list'])).toMatchObject({ code: 2 });
  });
});

describe('render', () => {
  test('render replaces references, and leaves every other character unchanged', async () => {
    const { value } = await w.secret('rendered');
    await w.secret('rendered-json', { value: '{"port":5432}' });
    const template = `\ufeffa=\${HOME}\r\nb='\${workflow.secrets.rendered}'\n\${workflow.secrets.rendered-json.port}\n\n`;
    const file = join(home, 'template');
    await writeFile(file, template);
    const expected = `\ufeffa=\${HOME}\r\nb='${value}'\n5432\n\n`;
    expect((await inProcess(['render', file])).out).toBe(expected);
    const out = join(home, 'out');
    await writeFile(out, 'old', { mode: 0o644 });
    expect(await inProcess(['render', file, '--out', out])).toMatchObject({ code: 0, out: '' });
    expect(await readFile(out, 'utf8')).toBe(expected);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect((await readdir(home)).sort()).toEqual(['out', 'template']);
  });

  test('a reference that cannot be resolved leaves the old file unchanged, and the error names the reference', async () => {
    const [file, out] = [join(home, 'template'), join(home, 'out')];
    await writeFile(file, '${workflow.secrets.absent}');
    await writeFile(out, 'old');
    expect(await inProcess(['render', file, '--out', out])).toMatchObject({
      code: 1,
      err: expect.stringContaining('absent'),
    });
    expect(await readFile(out, 'utf8')).toBe('old');
  });
});

describe('login, logout and whoami', () => {
  beforeEach(() => {
    env = { PATH: '/usr/bin:/bin', HOME: home, GATEWAY_KEY_ID: '', GATEWAY_KEY_SECRET: '', GATEWAY_URL: '' };
  });
  const profileFile = (name = 'default') => join(home, '.config/secrets-gateway/profiles', `${name}.json`);
  const login = async (...more: string[]) => {
    const file = join(home, 'password');
    await writeFile(file, `${ann.password}\n`);
    return inProcess(['login', '--gateway-url', w.url, '--username', 'ann', '--password-file', file, ...more]);
  };

  test('login stores a token that only the user can read, and logout deletes the token', async () => {
    expect(await login()).toMatchObject({ code: 0, out: expect.stringContaining('as ann') });
    expect((await stat(profileFile())).mode & 0o777).toBe(0o600);
    expect((await stat(join(profileFile(), '..'))).mode & 0o777).toBe(0o700);
    expect(await readFile(profileFile(), 'utf8')).not.toContain(ann.password);
    expect((await inProcess(['whoami'])).out).toContain(`ann (${ann.id}) at ${w.url}, with the profile default`);
    expect(await inProcess(['logout'])).toMatchObject({ code: 0 });
    expect(await readdir(join(profileFile(), '..'))).toEqual([]);
    expect(await inProcess(['whoami'])).toMatchObject({ code: 3 });
  });

  test('on a terminal, login asks for the username and the password, and does not show the password', async () => {
    const running = inTerminal(`${process.execPath} ${MAIN} login --gateway-url ${w.url}`, { HOME: home });
    await until(() => running.out().includes('Username: '));
    running.child.stdin.write('ann\r');
    await until(() => running.out().includes('Password: '));
    running.child.stdin.write(`${ann.password}\r`);
    const { code, out } = await running.ended;
    expect([code, out.toString()]).toEqual([0, expect.stringContaining('as ann')]);
    expect(out.toString()).not.toContain(ann.password);
  });

  test('on a terminal, set asks twice for the value, and does not show the value', async () => {
    await login();
    const value = `${sentinel()} ä`;
    const running = inTerminal(`${process.execPath} ${MAIN} set typed`, { HOME: home });
    await until(() => running.out().includes('Value: '));
    running.child.stdin.write(`${value}\r`);
    await until(() => running.out().includes('Value again: '));
    running.child.stdin.write(`${value}\r`);
    const { code, out } = await running.ended;
    expect([code, out.toString()]).toEqual([0, expect.stringContaining('typed: created')]);
    expect(out.toString()).not.toContain(value);
    expect((await inProcess(['get', 'typed'])).out).toBe(value);
  });

  test('each profile has its own gateway and its own user', async () => {
    await login('--profile', 'one');
    env.GATEWAY_KEY_ID = app.keyId;
    env.GATEWAY_KEY_SECRET = app.keySecret;
    expect(await inProcess(['login', '--profile', 'two', '--gateway-url', `${w.url}/api/`])).toMatchObject({ code: 0 });
    const who = async (...args: string[]) => JSON.parse((await inProcess(['whoami', '--json', ...args])).out).name;
    expect([await who('--profile', 'one'), await who('--profile', 'two')]).toEqual(['ann', 'deploy']);
    env.SECRETS_GATEWAY_PROFILE = 'one';
    expect(await who()).toBe('ann');
    expect(await inProcess(['whoami', '--profile', 'one', '--gateway-url', 'http://other'])).toMatchObject({ code: 2 });
    expect(await inProcess(['whoami', '--profile', '../one'])).toMatchObject({ code: 2 });
    expect(await inProcess(['whoami', '--profile', 'absent'])).toMatchObject({ code: 3 });
  });

  test('a profile that other users can read is refused', async () => {
    await login();
    await chmod(profileFile(), 0o644);
    expect(await inProcess(['whoami'])).toMatchObject({ code: 2, err: expect.stringContaining('chmod 600') });
  });

  test('after the token becomes invalid, the error says how to sign in again', async () => {
    await login('--profile', 'ended');
    const profile = JSON.parse(await readFile(profileFile('ended'), 'utf8'));
    await writeFile(profileFile('ended'), JSON.stringify({ ...profile, token: 'a.b.c' }), { mode: 0o600 });
    expect(await inProcess(['list', '--profile', 'ended'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('secrets-gateway login --profile ended'),
    });
  });

  test('a wrong password stores nothing', async () => {
    const file = join(home, 'wrong');
    await writeFile(file, sentinel('wrong'));
    const args = ['login', '--gateway-url', w.url, '--username', 'ann', '--password-file', file];
    expect(await inProcess(args)).toMatchObject({ code: 3 });
    expect(await readdir(home)).toEqual(['wrong']);
  });

  test('the token goes to the key store of a Linux desktop through standard input, and not into a file', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin);
    // A key store that writes its arguments and its input to files.
    const script = `#!/bin/sh
echo "$@" >> ${home}/arguments
case $1 in
  store) cat > ${home}/kept;;
  lookup) cat ${home}/kept;;
  clear) rm ${home}/kept;;
esac`;
    await writeFile(join(bin, 'secret-tool'), script, { mode: 0o755 });
    env.PATH = `${bin}:/usr/bin:/bin`;
    expect((await login()).out).toContain('Secret Service');
    const token = await readFile(join(home, 'kept'), 'utf8');
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(await readFile(profileFile(), 'utf8')).not.toContain(token);
    expect((await inProcess(['whoami'])).out).toContain('ann');
    await inProcess(['logout']);
    expect((await readdir(home)).includes('kept')).toBe(false);
    expect(await readFile(join(home, 'arguments'), 'utf8')).not.toContain(token);
  });

  test('the token goes to the keychain of a Mac through standard input', async () => {
    const bin = join(home, 'bin');
    await mkdir(bin);
    // A keychain with one item. The program reads its command from standard input, as the real program does with `-i`.
    const script = `#!/bin/sh
echo "$@" >> ${home}/arguments
case $1 in
  -i) sed 's/.* -w //' > ${home}/kept;;
  find-generic-password) cat ${home}/kept;;
  delete-generic-password) rm ${home}/kept;;
esac`;
    await writeFile(join(bin, 'security'), script, { mode: 0o755 });
    const store = systemKeyStore({ PATH: `${bin}:/usr/bin:/bin` }, 'darwin');
    const token = `${sentinel('token')}.b-_.c`;
    expect(await store.store('default@https://x/', token)).toContain('keychain');
    expect(await store.lookup('default@https://x/')).toBe(token);
    expect(await store.store('default@https://x/', 'a b')).toBeUndefined();
    await store.clear('default@https://x/');
    expect(await store.lookup('default@https://x/')).toBeUndefined();
    expect(await readFile(join(home, 'arguments'), 'utf8')).not.toContain(token);
  });
});

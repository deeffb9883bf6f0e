import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryDir } from '../support/gateway-process.ts';
import { program } from '../support/program.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

let w: World;
let app: SomeApplication;
let folder: string;
beforeAll(async () => {
  w = await world();
  app = await w.application('comparer', { roles: ['USER'] });
  folder = await temporaryDir();
});
afterAll(() => w.close());

const run = (args: string[], environment: Record<string, string> = {}) =>
  program(args, { GATEWAY_URL: w.url, GATEWAY_KEY_ID: app.keyId, GATEWAY_KEY_SECRET: app.keySecret, ...environment });

describe('diff', () => {
  const [shared, dev, prod] = [sentinel(), sentinel(), sentinel()];
  beforeAll(async () => {
    await w.secret('URL_dev', { value: shared, tags: ['env:dev'], by: app });
    await w.secret('URL_prod', { value: shared, tags: ['env:prod'], by: app });
    await w.secret('KEY-dev', { value: dev, tags: ['env:dev'], by: app });
    await w.secret('KEY-prod', { value: prod, tags: ['env:prod'], by: app });
    await w.secret('dev_ONLY', { value: dev, tags: ['env:dev'], by: app });
    await w.secret('LATE_prod', { value: prod, tags: ['env:prod'] });
    await w.grant(app.id, 'EXECUTE', 'LATE_prod');
  });

  test('compares two tags by base names, without values', async () => {
    const { code, out, err } = await run(['diff', 'env:dev', 'env:prod', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual([
      { name: 'KEY', state: 'DIFFERENT', left: 'KEY-dev', right: 'KEY-prod' },
      { name: 'LATE', state: 'ONLY_RIGHT', left: null, right: 'LATE_prod' },
      { name: 'ONLY', state: 'ONLY_LEFT', left: 'dev_ONLY', right: null },
      { name: 'URL', state: 'SAME', left: 'URL_dev', right: 'URL_prod' },
    ]);
    for (const value of [shared, dev, prod]) expect(`${out}${err}`).not.toContain(value);
  });

  test('prints the differences for people, and counts the rest', async () => {
    const { out } = await run(['diff', 'env:dev', 'env:prod']);
    expect(out).toMatch(/KEY +different +KEY-dev +KEY-prod/);
    expect(out).toMatch(/ONLY +missing in env:prod/);
    expect(out).not.toMatch(/URL_dev/);
    expect(out).toContain('1 same, 1 different');
  });

  test('compares a file with a tag, and a file with the secrets of the same names', async () => {
    const path = join(folder, 'dev.env');
    writeFileSync(path, `URL=${shared}\nKEY=${prod}\nONLY=${dev}\n`);
    const byTag = await run(['diff', path, 'env:dev', '--json']);
    expect(JSON.parse(byTag.out).map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ['KEY', 'DIFFERENT'],
      ['ONLY', 'SAME'],
      ['URL', 'SAME'],
    ]);
    writeFileSync(path, `URL_dev=${shared}\nMISSING=${dev}\nLATE_prod=${prod}\n`);
    const byName = await run(['diff', path, '--json']);
    expect(JSON.parse(byName.out).map(({ name, state }: { name: string; state: string }) => [name, state])).toEqual([
      ['LATE_prod', 'UNKNOWN'],
      ['MISSING', 'ONLY_LEFT'],
      ['URL_dev', 'SAME'],
    ]);
  });

  test('ends with the exit code 0 if both sides are equal, and 2 for a side that is neither a tag nor a file', async () => {
    expect((await run(['diff', 'env:dev', 'env:dev'])).code).toBe(0);
    expect((await run(['diff', 'nothing', 'env:dev'])).code).toBe(2);
    expect((await run(['diff', 'env:dev'])).code).toBe(2);
  });
});

describe('scan', () => {
  const [token, lines] = [sentinel('token'), `${sentinel('line')}\n${sentinel('line')}\n${sentinel('line')}`];
  const repository = () => join(folder, 'repository');
  const git = (...args: string[]) =>
    execFileSync('git', [
      '-C',
      repository(),
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@example.com',
      ...args,
    ]).toString();
  beforeAll(async () => {
    await w.secret('SCAN_TOKEN', { value: token, by: app });
    await w.secret('SCAN_LINES', { value: lines, by: app });
    await w.secret('SCAN_JSON', { value: JSON.stringify({ user: 'admin', password: sentinel('json') }), by: app });
    mkdirSync(join(repository(), 'src'), { recursive: true });
    execFileSync('git', ['init', '-q', repository()]);
  });

  test('finds values, also encoded values, by name, file and line, and prints no value', async () => {
    const base64 = Buffer.from(`user:${token}`).toString('base64');
    mkdirSync(join(folder, 'files/deep'), { recursive: true });
    writeFileSync(join(folder, 'files/plain.txt'), `first\nsecond ${token} end\nthird\n`);
    writeFileSync(
      join(folder, 'files/deep/encoded.yaml'),
      `a: b\nauth: Basic ${base64}\nurl: ${encodeURIComponent(lines)}\n`,
    );
    writeFileSync(
      join(folder, 'files/hex.bin'),
      Buffer.concat([Buffer.from([0, 255, 10]), Buffer.from(Buffer.from(token).toString('hex'))]),
    );
    writeFileSync(join(folder, 'files/json.ts'), `const text = ${JSON.stringify(JSON.stringify({ text: lines }))};\n`);
    writeFileSync(join(folder, 'files/utf16.txt'), `\ufeffa\n${token}`, 'utf16le');
    writeFileSync(join(folder, 'files/clean.txt'), `${token.slice(0, 14)} nothing\n`);
    const { code, out, err } = await run(['scan', join(folder, 'files'), '--json']);
    expect(code).toBe(1);
    const found = JSON.parse(out).map((one: { secret: string; file: string; line: number }) => [
      one.secret,
      one.file.slice(join(folder, 'files/').length),
      one.line,
    ]);
    expect(found.sort()).toEqual(
      [
        ['SCAN_TOKEN', 'plain.txt', 2],
        ['SCAN_TOKEN', 'deep/encoded.yaml', 2],
        ['SCAN_LINES', 'deep/encoded.yaml', 3],
        ['SCAN_TOKEN', 'hex.bin', 2],
        ['SCAN_LINES', 'json.ts', 1],
        ['SCAN_TOKEN', 'utf16.txt', 2],
      ].sort(),
    );
    for (const value of [token, lines]) expect(`${out}${err}`).not.toContain(value);
  });

  test('finds a value in the middle of a file that is larger than one search', async () => {
    const filler = 'The quick brown fox jumps over the lazy dog, again and again.\n'.repeat(33_000);
    writeFileSync(join(folder, 'large.log'), `${filler}${token}\n${filler}${lines}\n`);
    const { out } = await run(['scan', join(folder, 'large.log'), '--json']);
    expect(JSON.parse(out).map(({ secret, line }: { secret: string; line: number }) => [secret, line])).toEqual([
      ['SCAN_TOKEN', 33_001],
      ['SCAN_LINES', 66_002],
    ]);
  });

  test('finds staged values, and values that a later commit removed, with the commit', async () => {
    const environment = { GIT_DIR: join(repository(), '.git'), GIT_WORK_TREE: repository() };
    writeFileSync(join(repository(), 'src/config.ts'), `// config\nexport const token = '${token}';\n`);
    git('add', '.');
    const staged = await run(['scan', '--staged', '--json'], environment);
    expect(staged.code).toBe(1);
    expect(JSON.parse(staged.out)).toMatchObject([{ secret: 'SCAN_TOKEN', file: 'src/config.ts', line: 2 }]);
    git('commit', '-qm', 'add');
    const commit = git('rev-parse', '--short', 'HEAD').trim();
    rmSync(join(repository(), 'src/config.ts'));
    writeFileSync(join(repository(), 'README'), 'clean\n');
    git('add', '-A');
    expect((await run(['scan', '--staged'], environment)).code).toBe(0);
    git('commit', '-qm', 'remove');
    const history = await run(['scan', '--git', '--json'], environment);
    expect(history.code).toBe(1);
    expect(JSON.parse(history.out)).toEqual([{ secret: 'SCAN_TOKEN', file: 'src/config.ts', line: 2, commit }]);
    expect((await run(['scan', '--git', 'HEAD~1..HEAD'], environment)).code).toBe(0);
    git('commit', '-q', '--allow-empty', '-m', `message with ${token}`);
    expect((await run(['scan', '--git', 'HEAD~1..HEAD'], environment)).out).toMatch(/SCAN_TOKEN +\(commit message\)/);
  });

  test('requires one kind of place, and reports a range that git does not know', async () => {
    expect((await run(['scan'])).code).toBe(2);
    expect((await run(['scan', folder, '--staged'])).code).toBe(2);
    expect((await run(['scan', join(folder, 'missing')])).code).toBe(2);
    const environment = { GIT_DIR: join(repository(), '.git') };
    expect((await run(['scan', '--git', 'no-such-branch'], environment)).code).toBe(2);
  });
});

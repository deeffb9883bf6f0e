import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { FORMATS, type FormatName } from '../../src/formats/formats.ts';
import { FORMAT_VALUES } from '../formats/odd-values.ts';
import { temporaryDir } from '../support/gateway-process.ts';
import { program } from '../support/program.ts';
import { sentinel } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

let w: World;
let app: SomeApplication;
let folder: string;
beforeAll(async () => {
  w = await world();
  app = await w.application('importer', { roles: ['USER'] });
  folder = await temporaryDir();
});
afterAll(() => w.close());

const run = (args: string[], by = app) =>
  program(args, { GATEWAY_URL: w.url, GATEWAY_KEY_ID: by.keyId, GATEWAY_KEY_SECRET: by.keySecret });

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const tagsOf = async (name: string) =>
  (await w.admin.get('query ($n: String!) { secret(name: $n) { tags { id } version } }', { n: name })).secret;

/** Returns the number of audit events that record a reveal of the secret. */
async function revealsOf(name: string): Promise<number> {
  const { auditEvents } = await w.admin.get(
    'query ($n: String!) { auditEvents(first: 100, filter: { secret: $n }) { nodes { action } } }',
    { n: name },
  );
  return auditEvents.nodes.filter(({ action }: { action: string }) => action === 'SECRET_REVEAL').length;
}

describe('import', () => {
  test('shows what it would store, and stores nothing without --yes', async () => {
    const value = sentinel();
    const { code, out, err } = await run(['import', file('first.env', `PLAN_A=${value}\n`)]);
    expect(code).toBe(0);
    expect(out).toMatch(/1 +PLAN_A +new/);
    expect(err).toContain('--yes');
    expect(`${out}${err}`).not.toContain(value);
    expect(await tagsOf('PLAN_A')).toBeNull();
  });

  test('creates, rotates and skips secrets, adds tags, and does the same again without any change', async () => {
    const [old, fresh, same] = [sentinel(), sentinel(), sentinel()];
    await w.secret('IMP_CHANGED', { value: old, by: app });
    await w.secret('IMP_SAME', { value: same, by: app });
    const path = file('second.env', `IMP_NEW=${fresh}\nIMP_CHANGED=${fresh}\nIMP_SAME=${same}\n`);
    const first = await run(['import', path, '--tag', 'env:imp', '--yes']);
    expect(first.code).toBe(0);
    expect(first.out).toMatch(/IMP_NEW +created +\+env:imp/);
    expect(first.out).toMatch(/IMP_CHANGED +new version +\+env:imp/);
    expect(first.out).toMatch(/IMP_SAME +unchanged +\+env:imp/);
    for (const [name, version] of [
      ['IMP_NEW', 1],
      ['IMP_CHANGED', 2],
      ['IMP_SAME', 1],
    ] as const)
      expect(await tagsOf(name)).toEqual({ tags: [{ id: 'env:imp' }], version });
    expect(await w.reveal(w.admin, 'IMP_CHANGED')).toBe(fresh);
    const again = await run(['import', path, '--tag', 'env:imp', '--yes', '--json']);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out).results).toEqual([]);
    expect(JSON.parse(again.out).plan.map(({ state }: { state: string }) => state)).toEqual(['SAME', 'SAME', 'SAME']);
  });

  test('stores nothing from a file with invalid entries, unless --skip-invalid and --rename accept the file', async () => {
    const [a, b, c] = [sentinel(), sentinel(), sentinel()];
    const path = file('wrong.env', `BAD_A=${a}\nBAD.B=${b}\nBAD_C="${c}\nBAD_A2=1\nBAD_A2=2\n`);
    const refused = await run(['import', path, '--yes']);
    expect(refused.code).toBe(1);
    for (const text of [
      /2 +warning +INVALID_NAME +BAD\.B/,
      /3 +error +UNTERMINATED_QUOTE +BAD_C/,
      /4 +error +DUPLICATE +BAD_A2/,
    ])
      expect(refused.err).toMatch(text);
    expect(refused.err).toMatch(/2 +BAD\.B +BAD_B/);
    for (const value of [a, b, c]) expect(`${refused.out}${refused.err}`).not.toContain(value);
    expect(await tagsOf('BAD_A')).toBeNull();
    expect((await run(['import', path, '--yes', '--skip-invalid', '--rename'])).code).toBe(0);
    expect(await w.reveal(w.admin, 'BAD_A')).toBe(a);
    expect(await w.reveal(w.admin, 'BAD_B')).toBe(b);
    expect(await tagsOf('BAD_C')).toBeNull();
  });

  test('stops when the gateway becomes unreachable, and continues when it runs again', async () => {
    const values = Object.fromEntries([...Array(40).keys()].map((i) => [`CONT_${i}`, sentinel()]));
    const path = file('continued.json', JSON.stringify(values));
    const real = globalThis.fetch;
    let created = 0;
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
      if (String(init?.body).includes('createSecret') && ++created > 10) return Promise.reject(new TypeError('gone'));
      return real(input, init);
    });
    const first = await run(['import', path, '--yes', '--json']);
    spy.mockRestore();
    const outcomes = JSON.parse(first.out).results.map(({ outcome }: { outcome: string }) => outcome);
    expect(first.code).toBe(7);
    expect(outcomes.filter((outcome: string) => outcome === 'CREATED')).toHaveLength(10);
    expect(outcomes).toContain('NOT_TRIED');
    const second = await run(['import', path, '--yes', '--json']);
    expect(second.code).toBe(0);
    const again = JSON.parse(second.out).results.map(({ outcome }: { outcome: string }) => outcome);
    expect(again.toSorted()).toEqual([...Array(30).fill('CREATED'), ...Array(10).fill('SAME')]);
    for (const [name, value] of Object.entries(values)) expect(await w.reveal(w.admin, name)).toBe(value);
  });

  test('stores no value over a version that the comparison did not see', async () => {
    await w.secret('RACED', { by: app });
    const path = file('raced.json', JSON.stringify({ RACED: sentinel() }));
    const real = globalThis.fetch;
    const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      if (String(init?.body).includes('RotateSecretInput')) {
        spy.mockRestore();
        await w.admin.get(
          'mutation ($v: SecretValue!) { rotateSecret(input: { name: "RACED", value: $v }) { changed } }',
          {
            v: sentinel(),
          },
        );
      }
      return real(input, init);
    });
    const { code, out } = await run(['import', path, '--yes', '--json']);
    spy.mockRestore();
    expect(code).toBe(6);
    expect(JSON.parse(out).results).toMatchObject([{ outcome: 'FAILED', code: 'VERSION_CONFLICT' }]);
  });

  test('gives one result for each secret that the gateway refuses', async () => {
    const stranger = await w.application('stranger', { roles: ['USER'] });
    await w.secret('TAKEN', { by: app });
    const path = file('refused.json', JSON.stringify({ TAKEN: sentinel(), FREE: sentinel() }));
    const { code, out } = await run(['import', path, '--yes', '--json'], stranger);
    const { results } = JSON.parse(out);
    expect(code).toBe(6);
    expect(results).toEqual([
      expect.objectContaining({ name: 'TAKEN', outcome: 'FAILED', code: 'NAME_TAKEN' }),
      expect.objectContaining({ name: 'FREE', outcome: 'CREATED' }),
    ]);
  });

  test('without --no-compare, records a reveal of an existing secret; with it, compares nothing and stores the same value once', async () => {
    const value = sentinel();
    await w.secret('CMP', { value, by: app });
    const path = file('compare.env', `CMP=${value}\n`);
    await run(['import', path]);
    expect(await revealsOf('CMP')).toBe(1);
    const { out } = await run(['import', path, '--no-compare', '--yes']);
    expect(await revealsOf('CMP')).toBe(1);
    expect(out).toMatch(/CMP +unchanged/);
    expect((await tagsOf('CMP')).version).toBe(1);
  });

  test('reports a file that is missing, not UTF-8 or in an unknown format, as wrong usage', async () => {
    expect((await run(['import', join(folder, 'missing.env')])).code).toBe(2);
    writeFileSync(join(folder, 'latin1.env'), Buffer.from('A=\xe9', 'latin1'));
    expect((await run(['import', join(folder, 'latin1.env')])).code).toBe(2);
    expect((await run(['import', file('secrets.txt', 'A=b')])).code).toBe(2);
    expect((await run(['import', file('a.env', 'A=b'), '--format', 'toml'])).code).toBe(2);
  });
});

describe('export', () => {
  test('writes a file that only the user can read, warns, and records each reveal', async () => {
    const value = sentinel();
    await w.secret('OUT_A_prod', { value, tags: ['env:out'], by: app });
    const path = join(folder, 'out.env');
    const { code, out, err } = await run(['export', 'OUT_A_prod', '--out', path]);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('1 secret value without encryption');
    expect(readFileSync(path, 'utf8')).toBe(`OUT_A_prod=${value}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await revealsOf('OUT_A_prod')).toBe(1);
  });

  test('prints base names for the secrets of a tag', async () => {
    const value = sentinel();
    await w.secret('BASE_URL_stage', { value, tags: ['env:stage'], by: app });
    const path = join(folder, 'base.json');
    const args = ['export', '--tag', 'env:stage', '--base-names', '--format', 'json', '--out', path];
    expect((await run(args)).code).toBe(0);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ BASE_URL: value });
  });

  test('writes nothing if the format cannot express a value, and leaves the secret out with --skip', async () => {
    const text = `${sentinel()}\nsecond line`;
    await w.secret('TWO_LINES', { value: text, tags: ['env:lines'], by: app });
    await w.secret('ONE_LINE', { tags: ['env:lines'], by: app });
    const path = join(folder, 'lines.env');
    const args = ['export', '--tag', 'env:lines', '--format', 'docker', '--out', path];
    const refused = await run(args);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/TWO_LINES +LINE_BREAK/);
    expect(() => statSync(path)).toThrow();
    expect((await run([...args, '--skip'])).code).toBe(0);
    expect(readFileSync(path, 'utf8')).toMatch(/^ONE_LINE=/);
  });

  test('names the secrets that the caller may see but not read', async () => {
    await w.secret('NO_READ', { tags: ['env:hidden'] });
    await w.grant(app.id, 'EXECUTE', 'NO_READ');
    const { code, err } = await run(['export', '--tag', 'env:hidden']);
    expect(code).toBe(1);
    expect(err).toMatch(/NO_READ +FORBIDDEN/);
  });

  test('requires a choice of secrets', async () => {
    expect((await run(['export'])).code).toBe(2);
    expect((await run(['export', 'A', '--all'])).code).toBe(2);
    expect((await run(['export', '--tag', 'env'])).code).toBe(2);
    expect((await run(['export', 'NOT_THERE'])).code).toBe(5);
  });
});

describe('200 odd values', () => {
  const SECRETS = FORMAT_VALUES.map((value, i) => ({ name: `ODD_${i}`, value }));
  beforeAll(async () => {
    const path = file('odd.json', FORMATS.json.print(SECRETS).text);
    const { code, out } = await run(['import', path, '--tag', 'kind:odd', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out).results).toHaveLength(SECRETS.length);
  }, 120_000);

  test.each(Object.keys(FORMATS) as FormatName[])('are exported byte for byte in the format %s', async (format) => {
    const path = join(folder, `odd-${format}`);
    const args = ['export', '--tag', 'kind:odd', '--format', format, '--out', path, '--skip'];
    expect((await run(args)).code).toBe(0);
    const missing = new Set(FORMATS[format].print(SECRETS).unprintable.map(({ name }) => name));
    const kept = SECRETS.filter(({ name }) => !missing.has(name));
    expect(kept.length).toBeGreaterThan(200);
    const { entries } = FORMATS[format].parse(readFileSync(path, 'utf8'));
    const pairs = (all: readonly { name: string; value: string }[]) =>
      new Map(all.map(({ name, value }) => [name, value]));
    expect(pairs(entries)).toEqual(pairs(kept));
    rmSync(path);
  });

  test('are unchanged after an import of their export', async () => {
    const path = join(folder, 'odd-again');
    await run(['export', '--tag', 'kind:odd', '--format', 'shell', '--out', path, '--skip']);
    const { out } = await run(['import', path, '--format', 'shell', '--yes', '--json']);
    const { plan, results } = JSON.parse(out);
    expect(plan.length).toBeGreaterThan(200);
    expect(plan.every(({ state }: { state: string }) => state === 'SAME')).toBe(true);
    expect(results).toEqual([]);
  });
});

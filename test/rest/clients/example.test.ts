import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overhear, sentinel } from '../../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../../support/world.ts';

const EXAMPLE = join(import.meta.dirname, '../../../examples/conductor.mjs');

let w: World;
let operator: SomeApplication;
beforeAll(async () => {
  w = await world();
  operator = await w.application('operator', { roles: ['ADMIN'] });
});
afterAll(() => w.close());

/** Runs the example with only these environment variables. */
async function run(env: Record<string, string>): Promise<{ code: number | null; printed: string; complained: string }> {
  const child = spawn(process.execPath, [EXAMPLE], { env: { PATH: process.env.PATH, ...env } });
  let [printed, complained] = ['', ''];
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  child.stderr.on('data', (chunk) => {
    complained += chunk;
  });
  const code = await new Promise<number | null>((tell) => child.once('close', tell));
  overhear(printed + complained);
  return { code, printed, complained };
}

/** Returns the names of all secrets and applications. */
const left = async () => {
  const { secrets, applications } = await w.admin.get('{ secrets { nodes { name } } applications { nodes { name } } }');
  return [...secrets.nodes, ...applications.nodes].map(({ name }) => name);
};

test.each([
  ['the administrator’s password', () => ({ ADMIN_PASSWORD: w.adminPassword }), ''],
  ['a key', () => ({ CONDUCTOR_AUTH_KEY: operator.keyId, CONDUCTOR_AUTH_SECRET: operator.keySecret }), '/api'],
])('the example program succeeds with %s, and deletes everything that it created', async (_, credentials, path) => {
  const { code, printed, complained } = await run({ CONDUCTOR_SERVER_URL: `${w.url}${path}`, ...credentials() });
  expect(complained).toBe('');
  expect(code).toBe(0);
  expect(
    printed
      .replace(/example_\d+/g, 'NAME')
      .trimEnd()
      .split('\n'),
  ).toEqual([
    'NAME is stored. Its value reads back unchanged: true',
    "The worker cannot read it: Failed to get secret 'NAME': No such secret: NAME.",
    'After a grant of READ on the tag, the worker can read it: true',
    "After the grant is revoked, the worker cannot read it: Failed to get secret 'NAME': No such secret: NAME.",
  ]);
  expect(await left()).toEqual(['operator']);
});

test('without credentials, the example program prints which credentials it needs', async () => {
  const { code, complained } = await run({ CONDUCTOR_SERVER_URL: w.url });
  expect([code, complained.trim()]).toEqual([
    1,
    'Set ADMIN_PASSWORD, or CONDUCTOR_AUTH_KEY and CONDUCTOR_AUTH_SECRET.',
  ]);
});

test('with a wrong password, the example program prints that the credentials are wrong, and exits', async () => {
  const { code, complained } = await run({ CONDUCTOR_SERVER_URL: w.url, ADMIN_PASSWORD: sentinel('wrong') });
  expect([code, complained.trim()]).toEqual([1, 'The credentials are wrong, or the account is deactivated.']);
});

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
let dir: string;
/** The environment of a user who has only npm and the Node of the machine. */
const env = { HOME: process.env.HOME, PATH: process.env.PATH?.replaceAll(join(ROOT, 'node_modules/.bin:'), '') };
const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: dir, env, encoding: 'utf8' });

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'package-'));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', dir], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const tarball = readdirSync(dir).find((name) => name.endsWith('.tgz'))!;
  writeFileSync(join(dir, 'package.json'), '{ "private": true, "type": "module" }');
  run('npm', 'install', '--no-audit', '--no-fund', '--silent', `./${tarball}`);
});
afterAll(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));

test('after an installation into an empty directory, npx secrets-gateway prints its version', () => {
  expect(run('npx', 'secrets-gateway', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('the installed gateway serves the API and the console, with one process and with two worker processes, and stops after SIGTERM', async () => {
  for (const workers of ['1', '2']) {
    const gateway = spawn(
      join(dir, 'node_modules/.bin/secrets-gateway'),
      ['serve', '--port', '0', '--data-dir', join(dir, `data-${workers}`), '--workers', workers],
      { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const url = await ready(gateway);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(url)).text()).toContain('<div id="root">');
    expect((await fetch(`${url}/api-docs`)).status).toBe(200);
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
  }
});

test('a program can import the client library of the installed package, with types', () => {
  writeFileSync(
    join(dir, 'use.mjs'),
    `import { secretsClient } from 'secrets-gateway/client';\nconsole.log(typeof secretsClient);\n`,
  );
  expect(run(join(dir, 'node_modules/.bin/node'), 'use.mjs')).toBe('function\n');
  writeFileSync(
    join(dir, 'use.ts'),
    `import { type SecretsClient, secretsClient } from 'secrets-gateway/client';\nexport const make: (options: Parameters<typeof secretsClient>[0]) => SecretsClient = secretsClient;\n`,
  );
  const types = join(ROOT, 'node_modules/@types');
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--typeRoots',
    types,
    '--types',
    'node',
  ];
  run(join(ROOT, 'node_modules/.bin/tsc'), ...options, 'use.ts');
});

async function ready(gateway: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of gateway.stdout!) {
    said += chunk;
    const url = /^ready (\S+)$/m.exec(said)?.[1];
    if (url !== undefined) {
      gateway.stdout!.resume();
      return url;
    }
  }
  throw new Error(`The gateway ended: ${said}`);
}

// The executable `bin/secrets-gateway.mjs`, which chooses a Node and then runs the program.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, temporaryDir } from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const EXECUTABLE = join(import.meta.dirname, '../../bin/secrets-gateway.mjs');
/** With this option, Node behaves like an older version that has a known security fault. */
const UNPATCHED = `--import=data:text/javascript,Object.defineProperty(process,'version',{value:'v24.21.0'})`;
/** With this option, Node behaves like an older version that also cannot replace its process. */
const OLD = `--import=data:text/javascript,Object.defineProperty(process,'version',{value:'v20.20.2'});process.execve=undefined`;
const KINDS = [
  ['a patched Node', []],
  ['an unpatched Node', [UNPATCHED]],
  ['an old Node', [OLD]],
] as const;

const started: ChildProcess[] = [];
let database: { url: string; drop: () => Promise<void> };
let home: string;
beforeAll(async () => {
  database = await freshDatabase(inject('databaseUrl'));
  home = await temporaryDir();
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await cleanUp();
  await database.drop();
});

describe.each(KINDS)('the executable, started with %s', (_, options) => {
  test('runs the program on a patched Node, and prints no warning', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [...options, EXECUTABLE, '--version'], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('ends with the exit code of the program', () => {
    expect(spawnSync(process.execPath, [...options, EXECUTABLE, 'keys']).status).toBe(2);
  });

  test('passes SIGTERM on to the gateway, which then stops cleanly', async () => {
    const env = {
      ...{ PATH: process.env.PATH, PORT: '0', DATABASE_URL: database.url, DATA_DIR: home, LOG_LEVEL: 'silent' },
      ...{ ADMIN_PASSWORD: sentinel('password') },
    };
    const gateway = spawn(process.execPath, [...options, EXECUTABLE, 'serve'], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(gateway);
    let said = '';
    for await (const chunk of gateway.stdout) {
      said += chunk;
      if (said.includes('ready ')) break;
    }
    expect(said).toContain('ready ');
    gateway.kill('SIGTERM');
    expect(await once(gateway, 'exit')).toEqual([0, null]);
  });
});

test('if the reader of the standard output ends early, a command ends without an error message', () => {
  const pipe = '"$0" "$1" completion zsh | head -c 1';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', pipe, process.execPath, EXECUTABLE], { encoding: 'utf8' });
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '#', stderr: '' });
});

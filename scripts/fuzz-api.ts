// Tests a gateway against openapi.yaml: Schemathesis generates requests that satisfy the contract and requests that violate the contract. The script
// starts a gateway with an embedded PostgreSQL and a temporary data directory. Exit code 2: a prerequisite is missing.
//
// npm run test:fuzz [-- --examples 25 --seed 1]
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const SCHEMATHESIS = '4.32.5';
const ROOT = join(import.meta.dirname, '..');
const VENV = join(ROOT, 'node_modules/.cache', `schemathesis-${SCHEMATHESIS}`);
const PROGRAM = join(VENV, 'bin/schemathesis');
const run = promisify(execFile);

const { values } = parseArgs({
  options: { examples: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});

class Missing extends Error {}

async function install(): Promise<void> {
  const isThere = await run(PROGRAM, ['--version']).then(
    ({ stdout }) => stdout.includes(SCHEMATHESIS),
    () => false,
  );
  if (isThere) return;
  const isNew = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  await run('python3', ['-c', isNew]).catch(() => {
    throw new Missing('python3, version 3.10 or newer, with the modules venv and ensurepip.');
  });
  await rm(VENV, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', VENV]);
  await run(join(VENV, 'bin/python'), ['-m', 'pip', 'install', '--quiet', `schemathesis==${SCHEMATHESIS}`]).catch(
    () => {
      throw new Missing(
        `the Python package schemathesis ${SCHEMATHESIS}: pip could not install it. Check the connection to PyPI.`,
      );
    },
  );
}

/** Starts a gateway. Resolves with the address of the gateway when the gateway is ready. */
function ready(gateway: ReturnType<typeof spawn>): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    gateway.stdout?.on('data', (chunk) => {
      printed += chunk;
      const url = /^ready (\S+)$/m.exec(printed)?.[1];
      if (url !== undefined) resolve(url);
    });
    gateway.once('exit', () => reject(new Error('The gateway ended before the gateway was ready.')));
  });
}

/** @returns the exit code of Schemathesis: 0 if Schemathesis found no problem */
async function fuzz(): Promise<number> {
  await install();
  const home = await mkdtemp(join(tmpdir(), 'fuzz-'));
  const password = randomBytes(24).toString('hex');
  const gateway = spawn(process.execPath, [join(ROOT, 'src/main.ts'), 'serve'], {
    env: {
      ...{ PATH: process.env.PATH, PORT: '0', DATA_DIR: join(home, 'data'), CONSOLE: 'off', LOG_LEVEL: 'error' },
      ...{ ADMIN_USERNAME: 'admin', ADMIN_PASSWORD: password, TOKEN_TTL: '86400' },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const url = await ready(gateway);
    const answer = await fetch(`${url}/api/token`, {
      method: 'POST',
      body: JSON.stringify({ username: 'admin', password }),
    });
    const { token } = (await answer.json()) as { token: string };
    const options = [
      ...['--config-file', join(ROOT, 'scripts/fuzz/schemathesis.toml'), 'run', join(ROOT, 'openapi.yaml')],
      ...['--url', url, '--header', `X-Authorization: ${token}`, '--checks', 'all', '--continue-on-failure'],
      // The stateful phase is disabled, because the phase needs links between operations, and openapi.yaml contains no links.
      ...['--phases', 'examples,coverage,fuzzing', '--suppress-health-check', 'all', '--warnings', 'off'],
      ...['--max-examples', values.examples, '--seed', values.seed],
    ];
    console.log(`Schemathesis ${SCHEMATHESIS}, seed ${values.seed}, at most ${values.examples} examples an operation`);
    const child = spawn(PROGRAM, options, { stdio: 'inherit', cwd: home });
    // The block `finally` stops the gateway and removes the data of the gateway.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    if (gateway.exitCode === null) {
      const ended = new Promise((resolve) => gateway.once('exit', resolve));
      gateway.kill('SIGTERM');
      await ended;
    }
    await rm(home, { recursive: true, force: true });
  }
}

process.exitCode = await fuzz().catch((error: unknown) => {
  if (!(error instanceof Missing)) throw error;
  console.error(`npm run test:fuzz needs ${error.message}`);
  return 2;
});

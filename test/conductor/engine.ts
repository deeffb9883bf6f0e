// A real Conductor server, and the requests that the tests send to the server.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// biome-ignore lint/suspicious/noExplicitAny: responses of the server are untyped JSON
type Answered = any;

export interface Engine {
  /** The URL of the Conductor server without `/api`. */
  url: string;
  get(path: string): Promise<Answered>;
  /** Sends a JSON body. @throws Error with the answer unless the status is 2xx */
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answered>;
  /** Starts a workflow. @returns its id */
  start(request: Record<string, unknown>): Promise<string>;
  /** Waits until the workflow execution has ended. Returns the execution with its tasks. */
  ended(workflowId: string): Promise<Answered>;
  /** Waits until `holds` returns true for the workflow execution. Returns the execution with its tasks. */
  when(workflowId: string, holds: (execution: Answered) => boolean): Promise<Answered>;
  stop(): Promise<void>;
}

const START_MS = 480_000;
/**
 * If a script in a workflow is slow, the Conductor server checks the workflow again after a delay. This timeout is
 * longer than the delay.
 */
const WAIT_MS = 120_000;

/**
 * The Conductor server at CONDUCTOR_TEST_URL. Without this setting, a new server from CONDUCTOR_TEST_JAR that
 * CONDUCTOR_TEST_JAVA runs.
 */
export async function startEngine(): Promise<Engine> {
  const { CONDUCTOR_TEST_URL: running, CONDUCTOR_TEST_JAR: jar, CONDUCTOR_TEST_JAVA: java } = process.env;
  if (running !== undefined) return engineAt(running, async () => {});
  if (jar === undefined || java === undefined)
    throw new Error('Run `npm run test:conductor`, which finds Java and the server.');

  const dir = await mkdtemp(join(tmpdir(), 'conductor-'));
  const port = await freePort();
  const settings = {
    'server.address': '127.0.0.1',
    'server.port': port,
    'conductor.grpc-server.enabled': false,
    'spring.datasource.url': `jdbc:sqlite:${join(dir, 'conductor.db')}?busy_timeout=15000&journal_mode=WAL`,
    'conductor.integrations.ai.enabled': false,
    loadSample: false,
    'conductor.app.systemTaskWorkerPollInterval': 200,
  };
  const file = join(dir, 'app.properties');
  await writeFile(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const flags = ['-Xmx1g', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];
  const child = spawn(java, [...flags, '-jar', jar, `--spring.config.additional-location=file:${file}`], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
    // On a busy machine, the default of 4 seconds is too short for the first condition of a DO_WHILE.
    env: { ...process.env, CONDUCTOR_SCRIPT_MAX_EXECUTION_SECONDS: '60' },
  });
  const said = lastLines(child);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'close');
    }
    await rm(dir, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + START_MS; !(await isHealthy(url)); await sleep(500)) {
    if (child.exitCode === null && Date.now() < until) continue;
    await stop();
    throw new Error(`The Conductor server did not start:\n${said()}`);
  }
  return engineAt(url, stop);
}

function engineAt(url: string, stop: () => Promise<void>): Engine {
  async function ask(method: string, path: string, body?: unknown): Promise<Answered> {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text}`);
    const isJson = response.headers.get('content-type')?.includes('json');
    return isJson ? JSON.parse(text) : text;
  }
  const when: Engine['when'] = async (workflowId, holds) => {
    for (const until = Date.now() + WAIT_MS; ; await sleep(100)) {
      const execution = await ask('GET', `/workflow/${workflowId}`);
      if (holds(execution)) return execution;
      if (Date.now() > until)
        throw new Error(
          `Workflow ${execution.workflowName} is ${execution.status}: ${JSON.stringify(execution.tasks.map(({ referenceTaskName, status }: Answered) => [referenceTaskName, status]))}`,
        );
    }
  };
  return {
    url,
    get: (path) => ask('GET', path),
    send: ask,
    start: (request) => ask('POST', '/workflow', request),
    when,
    ended: (workflowId) => when(workflowId, ({ status }) => status !== 'RUNNING'),
    stop,
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const health: Answered = await (await fetch(`${url}/health`)).json();
    return health.healthy === true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * The test has to read all output, because otherwise the process blocks. The test stores only the last part of the
 * output.
 */
function lastLines(child: ChildProcess): () => string {
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4_000);
    });
  return () => said;
}

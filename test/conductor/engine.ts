// A real Conductor server, and the requests that the tests send to the server.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type GatewayModule, startConductor } from '../../scripts/conductor-process.ts';
import { request } from './request.ts';

// biome-ignore lint/suspicious/noExplicitAny: responses of the server are untyped JSON
type Answered = any;

export interface Engine {
  /** The URL of the Conductor server without `/api`. */
  url: string;
  /** The SQLite database. The server writes additional files whose names start with this path. */
  databaseFile: string;
  /** The file with the complete output and log of the Conductor server. */
  logFile: string;
  get(path: string): Promise<Answered>;
  /** Sends a JSON body. @throws Error with the response if the status is not 2xx */
  send(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answered>;
  /** Starts a workflow. @returns its id */
  start(request: Record<string, unknown>): Promise<string>;
  /** Waits until the workflow execution has ended. Returns the execution with its tasks. */
  ended(workflowId: string): Promise<Answered>;
  /** Waits until `holds` returns true for the workflow execution. Returns the execution with its tasks. */
  when(workflowId: string, holds: (execution: Answered) => boolean): Promise<Answered>;
}

export interface RunningEngine extends Engine {
  stop(): Promise<void>;
}

/** The files of a Conductor server that a test can read. */
export type EngineAt = Pick<Engine, 'url' | 'databaseFile' | 'logFile'>;

/**
 * If a script in a workflow is slow, the Conductor server checks the workflow again after a delay. This timeout is
 * longer than the delay.
 */
const WAIT_MS = 120_000;

/** Starts a new Conductor server. With `module`, the gateway's module runs in the server. */
export async function startEngine({
  port,
  module,
}: {
  port?: number;
  module?: Omit<GatewayModule, 'jar'>;
} = {}): Promise<RunningEngine> {
  const {
    CONDUCTOR_TEST_JAVA: java,
    CONDUCTOR_TEST_CLASSES: classPath,
    CONDUCTOR_TEST_MODULE: moduleJar,
  } = process.env;
  if (java === undefined || classPath === undefined || moduleJar === undefined)
    throw new Error('Run `npm run test:conductor`, which finds Java and the server.');

  const dir = await mkdtemp(join(tmpdir(), 'conductor-'));
  const conductor = await startConductor({
    ...{ java, classPath, dir, port: port ?? (await freePort()) },
    ...(module !== undefined && {
      module: { ...module, jar: moduleJar },
      settings: {
        'conductor.workflow-status-listener.type': 'gateway',
        'conductor.workflow-status-listener.archival.delaySeconds': 2,
      },
    }),
  });
  const stop = async () => {
    await conductor.stop();
    if (process.env.CONDUCTOR_TEST_KEEP === undefined) await rm(dir, { recursive: true, force: true });
  };
  try {
    await conductor.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...engineAt(conductor), stop };
}

/** Returns the functions that send requests to a running Conductor server. */
export function engineAt({ url, databaseFile, logFile }: EngineAt): Engine {
  async function ask(method: string, path: string, body?: unknown): Promise<Answered> {
    const { status, text, json } = await request({ url }, method, path, body);
    if (status >= 300) throw new Error(`${method} ${path}: HTTP ${status} ${text}`);
    return json === undefined ? text : json;
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
    ...{ url, databaseFile, logFile },
    get: (path) => ask('GET', path),
    send: ask,
    start: (request) => ask('POST', '/workflow', request),
    when,
    ended: (workflowId) => when(workflowId, ({ status }) => status !== 'RUNNING'),
  };
}

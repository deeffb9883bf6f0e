// Starts a Conductor server as a separate process with a new SQLite database.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ConductorOptions {
  java: string;
  /** The class path of the server, from `extractServer`. */
  classPath: string;
  /** The directory for the settings, the database and the log. */
  dir: string;
  port: number;
  /** The gateway's module. Without this option, the server runs without the module. */
  module?: GatewayModule | undefined;
  /** Settings that the function adds to the default settings. */
  settings?: Record<string, string | number | boolean>;
}

/** The gateway's module in a Conductor server, and the gateway that the module calls. */
export interface GatewayModule {
  /** The jar of the module. */
  jar: string;
  /** The URL of the gateway without `/api`. */
  gatewayUrl: string;
  /** The ID and the secret of the access key of the server's application. */
  keyId: string;
  keySecret: string;
}

export interface ConductorProcess {
  child: ChildProcess;
  /** The URL of the server without `/api`. */
  url: string;
  /** The SQLite database. The server writes additional files whose names start with this path. */
  databaseFile: string;
  /** The file with everything that the server printed and logged. */
  logFile: string;
  /** Waits until the server is healthy. If the server does not start, the error contains the end of the log. @throws Error */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const START_MS = 480_000;
const FLAGS = ['-Xmx1g', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];

/** Starts a Conductor server. The caller waits for `ready`, and calls `stop` at the end. */
export async function startConductor(options: ConductorOptions): Promise<ConductorProcess> {
  const { java, classPath, dir, port, module, settings = {} } = options;
  const databaseFile = join(dir, 'conductor.db');
  const logFile = join(dir, 'server.log');
  const properties = {
    'server.address': '127.0.0.1',
    'server.port': port,
    'conductor.grpc-server.enabled': false,
    'spring.datasource.url': `jdbc:sqlite:${databaseFile}?busy_timeout=15000&journal_mode=WAL`,
    'conductor.integrations.ai.enabled': false,
    loadSample: false,
    'conductor.app.systemTaskWorkerPollInterval': 200,
    ...(module !== undefined && settingsOf(module)),
    ...settings,
  };
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(dir, 'app.properties'), lines.join(''));
  const classes = module === undefined ? classPath : `${classPath}${delimiter}${module.jar}`;
  const log = openSync(logFile, 'a');
  const child = spawn(
    java,
    [
      ...FLAGS,
      '-cp',
      classes,
      'com.netflix.conductor.Conductor',
      '--spring.config.additional-location=file:app.properties',
    ],
    {
      cwd: dir,
      stdio: ['ignore', log, log],
      // On a busy machine, the default of 4 seconds is too short for the first condition of a DO_WHILE.
      env: { ...process.env, CONDUCTOR_SCRIPT_MAX_EXECUTION_SECONDS: '60' },
    },
  );
  closeSync(log);
  const url = `http://127.0.0.1:${port}`;
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  async function stop(): Promise<void> {
    if (!isRunning()) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  return {
    child,
    url,
    databaseFile,
    logFile,
    stop,
    async ready() {
      for (const until = Date.now() + START_MS; !(await isHealthy(url)); await sleep(500)) {
        if (isRunning() && Date.now() < until) continue;
        await stop();
        throw new Error(`The Conductor server did not start:\n${(await readFile(logFile, 'utf8')).slice(-4_000)}`);
      }
    },
  };
}

/** Returns a free port. A gateway needs the address of a Conductor server before the Conductor server starts. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function settingsOf({ gatewayUrl, keyId, keySecret }: GatewayModule): Record<string, string> {
  const prefix = 'conductor.secrets.gateway';
  return {
    'conductor.secrets.type': 'gateway',
    [`${prefix}.url`]: `${gatewayUrl}/api`,
    [`${prefix}.key-id`]: keyId,
    [`${prefix}.key-secret`]: keySecret,
  };
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const health = (await (await fetch(`${url}/health`)).json()) as { healthy?: boolean };
    return health.healthy === true;
  } catch {
    return false;
  }
}

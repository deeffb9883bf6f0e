// The workers of the published clients for JavaScript and Python poll through the gateway. The workers are unchanged.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { noopLogger, orkesConductorClient, TaskManager } from 'conductor-javascript-4';
import { describe, expect, test } from 'vitest';
import type { Setup } from './setup.ts';
import { started, usesOf } from './states.ts';
import { leaksOf } from './where-found.ts';

const PYTHON_CLIENT = '2.0.0';

export function describeClients(setupOf: () => Setup): void {
  describe('the worker of a published client', () => {
    /** Registers a workflow with one polled task that refers to the secret `client`. Returns the type of the task. */
    async function registered(setup: Setup, client: string): Promise<string> {
      const type = setup.named(`${client}_task`);
      await setup.engine.send('POST', '/metadata/taskdefs', [
        { name: type, ownerEmail: 'tests@gateway.example', retryCount: 0 },
      ]);
      const inputParameters = { auth: `\${workflow.secrets.${client}}` };
      await setup.register({
        name: setup.named(client),
        tasks: [{ name: type, taskReferenceName: 'polled', type: 'SIMPLE', inputParameters }],
        outputParameters: { echo: '${polled.output.echo}' },
      });
      return type;
    }

    test('a worker of the JavaScript client 4.0.0 receives the secret value, and the stored output contains *** instead', async () => {
      const setup = setupOf();
      const secret = await setup.secret('javascript', { hard: true });
      const type = await registered(setup, 'javascript');
      const { keyId, keySecret } = setup.pollingApplication;
      const client = await orkesConductorClient({
        serverUrl: `${setup.front.url}/api`,
        keyId,
        keySecret,
        logger: noopLogger,
      });
      const inputs: unknown[] = [];
      const manager = new TaskManager(
        client,
        [
          {
            taskDefName: type,
            async execute({ inputData }) {
              inputs.push(inputData?.auth);
              return {
                status: 'COMPLETED',
                outputData: { echo: inputData?.auth },
                logs: [{ log: String(inputData?.auth) }],
              };
            },
          },
        ],
        { logger: noopLogger, options: { pollInterval: 200 } },
      );
      manager.startPolling();
      try {
        const execution = await setup.engine.ended(await started(setup, 'javascript'));
        expect([execution.status, inputs, execution.output.echo]).toEqual(['COMPLETED', [secret.value], '***']);
        expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
        expect(await usesOf(setup, 'javascript')).toBe(1);
      } finally {
        await manager.stopPolling();
        client.stopBackgroundRefresh();
      }
    });

    test(`a worker of the Python client ${PYTHON_CLIENT} receives the secret value, and the stored output contains *** instead`, async ({
      skip,
    }) => {
      const setup = setupOf();
      const python = pythonWithClient();
      if (python === undefined) return skip(`Python 3.9 or newer, or conductor-python ${PYTHON_CLIENT}, is missing.`);
      const secret = await setup.secret('python', { hard: true });
      const type = await registered(setup, 'python');
      const file = join(dirname(setup.engine.logFile), 'python-received');
      const worker = spawn(python, [join(import.meta.dirname, 'worker.py'), type], {
        stdio: ['ignore', 'pipe', 'pipe'],
        // The worker starts child processes. The signal at the end of the test ends the worker and all its child processes.
        detached: true,
        env: {
          ...process.env,
          GATEWAY_API: `${setup.front.url}/api`,
          GATEWAY_KEY_ID: setup.pollingApplication.keyId,
          GATEWAY_KEY_SECRET: setup.pollingApplication.keySecret,
          RECEIVED_FILE: file,
        },
      });
      let printed = '';
      for (const stream of [worker.stdout, worker.stderr]) stream.on('data', (chunk) => (printed += chunk));
      try {
        const execution = await setup.engine.ended(await started(setup, 'python')).catch((error: Error) => {
          throw new Error(`${error.message}\nThe Python worker printed:\n${printed.slice(-3_000)}`);
        });
        expect([execution.status, execution.output.echo]).toEqual(['COMPLETED', '***']);
        expect(readFileSync(file, 'utf8')).toBe(secret.value);
        rmSync(file);
        expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
        expect(await usesOf(setup, 'python')).toBe(1);
      } finally {
        if (worker.pid !== undefined && worker.exitCode === null) {
          process.kill(-worker.pid, 'SIGKILL');
          await once(worker, 'close');
        }
      }
    });
  });
}

/** Returns the path of a Python interpreter with the installed client. Returns undefined if the client cannot be installed. */
function pythonWithClient(): string | undefined {
  const { XDG_CACHE_HOME: cacheHome = join(homedir(), '.cache') } = process.env;
  const dir = join(cacheHome, 'secrets-gateway', `conductor-python-${PYTHON_CLIENT}`);
  const python = join(dir, 'bin/python');
  const hasClient = () => existsSync(python) && spawnSync(python, ['-c', 'import conductor.client']).status === 0;
  if (hasClient()) return python;
  rmSync(dir, { recursive: true, force: true });
  if (spawnSync('python3', ['-m', 'venv', dir]).status !== 0) return undefined;
  const install = ['-m', 'pip', 'install', '--quiet', `conductor-python==${PYTHON_CLIENT}`];
  const { status, stderr } = spawnSync(python, install, { encoding: 'utf8', timeout: 240_000 });
  if (status !== 0) console.log(`The Python client was not installed: ${stderr.slice(-500)}`);
  return hasClient() ? python : undefined;
}

// Runs a worker with the published JavaScript client of Conductor. The worker polls tasks through the gateway, and contains no code for the gateway.
import { noopLogger, orkesConductorClient, TaskManager } from 'conductor-javascript-4';
import { LABEL_TASK } from './workflows.ts';

export interface LabelWorker {
  stop(): Promise<void>;
}

/** Starts the worker. For each task, the worker calls `printer` with the token in the task's input. `serverUrl` ends with `/api`. */
export async function startLabelWorker(
  { serverUrl, keyId, keySecret }: { serverUrl: string; keyId: string; keySecret: string },
  printer: string,
): Promise<LabelWorker> {
  // These environment variables would override the arguments of the client, so the function deletes the environment variables.
  for (const name of ['SERVER_URL', 'AUTH_KEY', 'AUTH_SECRET']) delete process.env[`CONDUCTOR_${name}`];
  const client = await orkesConductorClient({ serverUrl, keyId, keySecret, logger: noopLogger }, globalThis.fetch);
  const worker = {
    taskDefName: LABEL_TASK,
    async execute({ inputData }: { inputData?: Record<string, unknown> }) {
      const authorization = String(inputData?.authorization);
      const response = await fetch(printer, { headers: { authorization } });
      return {
        status: 'COMPLETED' as const,
        outputData: { printer: await response.json() },
        logs: [{ log: `called the printer with ${authorization}` }],
      };
    },
  };
  const options = { pollInterval: 200, concurrency: 1 };
  const manager = new TaskManager(client, [worker], { logger: noopLogger, options });
  manager.startPolling();
  return {
    async stop() {
      await manager.stopPolling();
      (client as { stopBackgroundRefresh?: () => void }).stopBackgroundRefresh?.();
    },
  };
}

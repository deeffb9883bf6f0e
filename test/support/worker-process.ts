import { type GatewayProcess, startGateway, until } from './gateway-process.ts';
import type { SomeApplication } from './world.ts';

export interface WorkerAt {
  conductorUrl: string;
  gatewayUrl: string;
  as: Pick<SomeApplication, 'keyId' | 'keySecret'>;
  more?: Record<string, string>;
}

/** Starts `secrets-gateway worker` as a separate process, and returns immediately. The worker may not have started polling. */
export function startWorker({ conductorUrl, gatewayUrl, as, more = {} }: WorkerAt): GatewayProcess {
  const settings = {
    CONDUCTOR_URL: conductorUrl,
    GATEWAY_URL: gatewayUrl,
    GATEWAY_KEY_ID: as.keyId,
    GATEWAY_KEY_SECRET: as.keySecret,
  };
  return startGateway({ ...settings, ...more }, { args: ['worker'] });
}

/** Starts `secrets-gateway worker` as a separate process, and waits until the worker polls. */
export async function readyWorker(at: WorkerAt): Promise<GatewayProcess> {
  const worker = startWorker(at);
  await until(() => worker.printed().includes('worker ready\n') || worker.child.exitCode !== null);
  if (worker.child.exitCode !== null) throw new Error(`It ended: ${worker.said()}`);
  return worker;
}

// Starts gateways that share a keyring, and checks the audit log.
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  type Caller,
  type GatewayProcess,
  type Settings,
  signedIn,
  startGateway,
  temporaryDir,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

export interface Cluster {
  settings: Settings;
  password: string;
}

/** Returns the settings that all gateways of a database share. */
export async function clusterAt(databaseUrl: string | undefined, settings: Settings = {}): Promise<Cluster> {
  const password = sentinel('password');
  const dataDir = join(await temporaryDir(), 'data');
  return {
    password,
    settings: {
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      ADMIN_PASSWORD: password,
      LOG_LEVEL: 'warn',
      TOKEN_TTL: '86400',
      ...settings,
    },
  };
}

export interface RunningGateway {
  gateway: GatewayProcess;
  url: string;
  admin: Caller;
  /** The seconds until the gateway was ready. */
  seconds: number;
}

export async function startIn(cluster: Cluster, settings: Settings = {}): Promise<RunningGateway> {
  const began = performance.now();
  const gateway = startGateway({ ...cluster.settings, ...settings });
  const url = await gateway.ready();
  const seconds = (performance.now() - began) / 1_000;
  return { gateway, url, admin: await signedIn(url, cluster.password), seconds };
}

export async function expectIntactLog(admin: Caller): Promise<void> {
  const { verifyAuditLog } = await admin.get('mutation { verifyAuditLog { intact problem } }');
  expect(verifyAuditLog).toEqual({ intact: true, problem: null });
}

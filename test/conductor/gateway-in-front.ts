// A gateway process in front of a Conductor server, and the requests that the tests send through the gateway.

import { randomBytes } from 'node:crypto';
import { freePort } from '../../scripts/conductor-process.ts';
import { keyringFromEnvironment } from '../../src/crypto/keyring.ts';
import type { Role } from '../../src/generated/vocabulary.ts';
import { type GatewayProcess, startGateway } from '../support/gateway-process.ts';
import { remember } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';
import { type Answered, request } from './request.ts';

export interface Caller {
  token: string | undefined;
  ask(method: string, path: string, body?: unknown): Promise<Answered>;
}

export interface GatewayInFront {
  /** Creates secrets, users and applications. A second gateway with the same database serves these requests. */
  w: World;
  /** The URL of the gateway process without `/api`. */
  url: string;
  /** Returns a client of the REST API that sends this token. */
  as(who: { token: string | undefined }): Caller;
  /** Creates an application that may use secrets with the tag `env:engine`. */
  application(name: string, options?: { roles?: Role[] }): Promise<SomeApplication>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Returns the output of all gateway processes that ran. */
  said(): string;
  close(): Promise<void>;
}

/** Starts a gateway in front of the Conductor server at `conductorUrl`. The Conductor server does not need to run. */
export async function gatewayInFront(
  conductorUrl: string,
  settings: Record<string, string> = {},
): Promise<GatewayInFront> {
  const keyring = randomBytes(32).toString('base64');
  const [w, port] = await Promise.all([world({ keyring: keyringFromEnvironment(keyring) }), freePort()]);
  const url = `http://127.0.0.1:${port}`;
  const processes: GatewayProcess[] = [];

  async function start(): Promise<void> {
    const gateway = startGateway({
      ...{ PORT: String(port), DATABASE_URL: w.databaseUrl, KEYRING: keyring, CONDUCTOR_URL: conductorUrl },
      ...{ CONSOLE: 'off', TOKEN_TTL: '7200', LOG_LEVEL: 'debug' },
      ...settings,
    });
    processes.push(gateway);
    await gateway.ready();
  }
  async function stop(): Promise<void> {
    await processes.at(-1)?.end('SIGTERM');
  }

  await start();
  return {
    ...{ w, url, start, stop },
    as: ({ token }) => ({
      token,
      ask: (method, path, body) => request({ url, token }, method, path, body),
    }),
    async application(name, options) {
      const application = await w.application(name, options);
      remember(application.keySecret);
      await w.grant(application.id, ['EXECUTE', 'UPDATE'], 'env:engine');
      return application;
    },
    said: () => processes.map((gateway) => gateway.said()).join(''),
    async close() {
      await stop();
      await w.close();
    },
  };
}

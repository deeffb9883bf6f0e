// Workers of the published JavaScript client poll a Conductor server through the gateway. The code of the client is unchanged.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ConductorServer, conductorServer } from '../../support/conductor-server.ts';
import { type SomeApplication, type SomeSecret, type World, world } from '../../support/world.ts';
import { MAJORS, type Major } from './conductor-client.ts';

describe.each(Object.keys(MAJORS) as Major[])('workers of the JavaScript client %s', (major) => {
  let engine: ConductorServer;
  let w: World;
  let application: SomeApplication;
  let token: SomeSecret;

  beforeAll(async () => {
    engine = await conductorServer();
    w = await world({
      conductor: { url: new URL(engine.url), timeoutMs: 5_000, credentials: undefined },
      tokenTtl: 86_400,
    });
    application = await w.application('worker');
    token = await w.secret('api-token');
    await w.grant(application.id, 'READ', 'api-token');
  });
  afterAll(async () => {
    await w.close();
    await engine.stop();
  });

  test(`a worker of the JavaScript client ${major} receives the secrets of its tasks, and the stored results contain no secrets`, async () => {
    const sdk = MAJORS[major];
    // The older client version writes a warning about missing environment variables directly to the console.
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    for (const name of ['SERVER_URL', 'AUTH_KEY', 'AUTH_SECRET']) vi.stubEnv(`CONDUCTOR_${name}`, '');
    const { keyId, keySecret } = application;
    const config = { serverUrl: `${w.url}/api`, keyId, keySecret, logger: sdk.noopLogger };
    const client = await sdk.orkesConductorClient(config, globalThis.fetch);
    const seen: unknown[] = [];
    const worker = {
      taskDefName: 'send_mail',
      async execute({ inputData }: { inputData?: Record<string, unknown> }) {
        seen.push(inputData?.authorization);
        return {
          status: 'COMPLETED' as const,
          outputData: { sent: inputData?.authorization },
          logs: [{ log: `used ${inputData?.authorization}` }],
        };
      },
    };
    const manager = new sdk.TaskManager(client, [worker], {
      logger: sdk.noopLogger,
      options: { pollInterval: 10, concurrency: 2 },
    });
    const ids = Array.from({ length: 5 }, () =>
      engine.add('send_mail', { authorization: 'Bearer ${workflow.secrets.api-token}' }),
    );
    manager.startPolling();
    const results = await Promise.all(ids.map((id) => engine.resultOf(id)));
    await manager.stopPolling();
    (client as { stopBackgroundRefresh?: () => void }).stopBackgroundRefresh?.();
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
    expect(seen).toEqual(ids.map(() => `Bearer ${token.value}`));
    for (const result of results)
      expect(result).toMatchObject({
        status: 'COMPLETED',
        outputData: { sent: 'Bearer ***' },
        logs: [{ log: 'used Bearer ***' }],
      });
  });
});

// Tests a Conductor server without the gateway's module, and the gateway in front of this server.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeClients } from './clients.ts';
import { describeMatrix } from './matrix-run.ts';
import { describeSensitiveData } from './sensitive-data.ts';
import { type Setup, setUp } from './setup.ts';
import { call, received, started } from './states.ts';
import { leaksOf } from './where-found.ts';

let setup: Setup;
beforeAll(async () => {
  // CONDUCTOR_HTTP_TASKS changes only workflow definitions that are registered through the gateway. The tests register the table's workflow definitions directly.
  setup = await setUp('plain', { CONDUCTOR_HTTP_TASKS: 'worker' });
});
afterAll(async () => {
  await setup?.close();
});

describeMatrix(() => setup);
describeSensitiveData(() => setup);
describeClients(() => setup);

test('the worker runs an HTTP task whose workflow definition was registered through the gateway', async () => {
  const secret = await setup.secret('for_worker');
  const name = setup.named('for_worker');
  const definition = {
    ...{ name, version: 1, schemaVersion: 2, timeoutSeconds: 0, ownerEmail: 'tests@gateway.example' },
    tasks: [call(setup, 'call', 'for_worker/echo', 'for_worker')],
  };
  const { admin, stranger } = setup.readers;
  expect(await admin.ask('PUT', '/metadata/workflow', [definition])).toMatchObject({ status: 200 });
  const registered = await stranger.ask('GET', `/metadata/workflow/${name}?version=1`);
  expect(registered.json.tasks).toMatchObject(definition.tasks);

  const execution = await setup.engine.ended(await started(setup, 'for_worker'));
  expect([execution.status, received(setup, 'for_worker/')]).toEqual(['COMPLETED', [secret.value]]);
  const read = await stranger.ask('GET', `/workflow/${execution.workflowId}`);
  expect(read.json.tasks).toMatchObject([{ taskType: 'HTTP_WITH_SECRETS', workflowTask: { type: 'HTTP' } }]);
  expect(read.json.workflowDefinition.tasks).toMatchObject(definition.tasks);
  expect(await leaksOf(setup, [execution], [secret])).toEqual([]);
});

test('the output of the gateway process and the output of the worker process contain no secret value', () => {
  for (const said of [setup.front.said(), setup.worker.said()]) expect(setup.valuesIn(said)).toEqual([]);
});

// Tests a Conductor server with the gateway's module, and the gateway in front of this server.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeAttacks } from './attacks.ts';
import { describeClients } from './clients.ts';
import { describeGatewayAway } from './gateway-away.ts';
import { describeMatrix } from './matrix-run.ts';
import { describeSensitiveData } from './sensitive-data.ts';
import { type Setup, setUp } from './setup.ts';
import { describeStates } from './states.ts';

let setup: Setup;
beforeAll(async () => {
  setup = await setUp('module');
});
afterAll(async () => {
  await setup?.close();
});

describeMatrix(() => setup);
describeStates(() => setup);
describeAttacks(() => setup);
describeSensitiveData(() => setup);
describeClients(() => setup);
describeGatewayAway(() => setup);

test('the output of the gateway process and the output of the worker process contain no secret value', () => {
  for (const said of [setup.front.said(), setup.worker.said()]) expect(setup.valuesIn(said)).toEqual([]);
});

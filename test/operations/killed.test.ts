// A gateway that is killed twenty times under load.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { freePort } from '../../scripts/conductor-process.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, startGateway } from '../support/gateway-process.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';

const KILLS = 20;

let fresh: { url: string; drop: () => Promise<void> };
beforeEach(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
});
afterEach(async () => {
  await cleanUp();
  await fresh.drop();
});

test('after a gateway was killed 20 times under load, no confirmed rotation is lost, and each revealed value has an event', async () => {
  const cluster = await clusterAt(fresh.url, { PORT: String(await freePort()) });
  let { gateway, url } = await startIn(cluster);
  const load = await startLoad(url, cluster.password);
  let resumed = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    await load.succeed(100);
    expect(await gateway.end('SIGKILL')).toBe('SIGKILL');
    gateway = startGateway(cluster.settings);
    resumed = Math.max(resumed, await load.resumed(30));
  }
  await load.stop();
  expect(await gateway.end('SIGTERM')).toBe(0);
  const last = await startIn(cluster);
  const losses = await lossesOf([load], last.admin, fresh.url);
  await expectIntactLog(last.admin);
  recordOutcome({
    scenario: `gateway killed ${KILLS} times`,
    ...figuresOf([load], losses),
    resumed,
    note: 'the longest of all starts',
  });
  expect(losses).toEqual({ lost: [], unaudited: [] });
  expect(await last.gateway.end('SIGTERM')).toBe(0);
});

// A failover of the database: Patroni and etcd choose the standby server as the new primary server, and HAProxy leads the gateway to this server.
import { afterEach, expect, test } from 'vitest';
import { command } from '../support/command.ts';
import { cleanUp, until } from '../support/gateway-process.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, rotationRate, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';
import { type PatroniCluster, patroniCluster, TTL_SECONDS } from './patroni-cluster.ts';
import { cleanUpPrograms } from './program-process.ts';

/** The time after the time to live in which Patroni promotes the standby, HAProxy finds it, and the gateway opens its connections again. */
const BOUND_SECONDS = 15;

let patroni: PatroniCluster | undefined;
afterEach(async () => {
  await cleanUp();
  patroni?.close();
  await cleanUpPrograms();
});

test('after a failover with a synchronous standby, no confirmed rotation is lost, each revealed value has an event, and the audit log is intact', async () => {
  patroni = await patroniCluster({ synchronous: true });
  const cluster = await clusterAt(patroni.url, { REQUIRE_SYNCHRONOUS: 'on' });
  const { gateway, url, admin } = await startIn(cluster);
  const rates = async () => [
    await rotationRate(url, cluster.password, 1),
    await rotationRate(url, cluster.password, 8),
  ];
  const synchronous = await rates();
  await patroni.setSynchronous(false);
  const asynchronous = await rates();
  await patroni.setSynchronous(true);
  const load = await startLoad(url, cluster.password);
  await load.succeed(1_000);
  const [old, standby] = [patroni.leader(), patroni.standby()];
  await patroni.kill(old);
  const resumed = await load.resumed(TTL_SECONDS + BOUND_SECONDS);
  await load.succeed(500);
  // The old primary server comes back as the standby server.
  await patroni.start(old);
  await patroni.replicates(old, 'sync');
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
  await load.succeed(500);
  await load.stop();

  const losses = await lossesOf([load], admin, asGateway(standby.url, patroni.url));
  await expectIntactLog(admin);
  recordOutcome({
    scenario: 'Patroni, primary killed, synchronous',
    ...figuresOf([load], losses),
    resumed,
    note: `ttl ${TTL_SECONDS} s; rotations/s by 1 and 8 clients: synchronous ${synchronous.join(', ')}; asynchronous ${asynchronous.join(', ')}`,
  });
  expect(losses).toEqual({ lost: [], unaudited: [] });
  expect(gateway.said()).not.toContain('set back');
  expect(await gateway.end('SIGTERM')).toBe(0);
});

test('after a failover to an asynchronous standby that was behind, the gateway reports the loss, and verification succeeds after an acknowledgement', async () => {
  patroni = await patroniCluster({ synchronous: false });
  const cluster = await clusterAt(patroni.url);
  const { gateway, url, admin } = await startIn(cluster);
  const load = await startLoad(url, cluster.password);
  await load.succeed(500);
  const [old, standby] = [patroni.leader(), patroni.standby()];
  // From here on, the standby server receives nothing more.
  old.network.swallow();
  await load.succeed(300);
  await patroni.kill(old);
  const resumed = await load.resumed(TTL_SECONDS + BOUND_SECONDS);
  await load.succeed(300);
  await load.stop();

  const losses = await lossesOf([load], admin, asGateway(standby.url, patroni.url));
  expect(losses.lost.length).toBeGreaterThan(0);
  expect(losses.unaudited.length).toBeGreaterThan(0);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/^audit_streams_set_back_total [1-9]/m);
  // At its end, the gateway writes a checkpoint with the streams that it knows.
  expect(await gateway.end('SIGTERM')).toBe(0);

  expect((await command(['audit', 'verify'], cluster.settings)).code).toBe(1);
  const acknowledged = await command(
    ['audit', 'acknowledge', '--by', 'operator', '--reason', 'failover to an asynchronous standby', '--yes'],
    cluster.settings,
  );
  expect(acknowledged.code).toBe(0);
  const again = await command(['audit', 'verify'], cluster.settings);
  expect(again.said).toContain('failover to an asynchronous standby');
  expect(again.code).toBe(0);
  recordOutcome({
    scenario: 'Patroni, primary killed, asynchronous',
    ...figuresOf([load], losses),
    resumed,
    note: 'the standby server was behind; the gateway reported the loss',
  });
});

/** Returns the URL of a server with the gateway's database and role. */
function asGateway(server: string, gateway: string): string {
  const { hostname, port } = new URL(server);
  return Object.assign(new URL(gateway), { hostname, port }).href;
}

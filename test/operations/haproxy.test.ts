// Two gateways behind HAProxy, restarted one after the other under load.
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { freePort } from '../../scripts/conductor-process.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, type GatewayProcess, startGateway, until } from '../support/gateway-process.ts';
import { configFile, deployText } from './deploy-file.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';
import { cleanUpPrograms, startProgram } from './program-process.ts';

let fresh: { url: string; drop: () => Promise<void> };
beforeEach(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
});
afterEach(async () => {
  await cleanUp();
  await cleanUpPrograms();
  await fresh.drop();
});

/** Starts HAProxy in front of two gateways. @returns the URL of HAProxy */
async function haproxy([first, second]: readonly number[]): Promise<string> {
  const port = await freePort();
  const path = 'high-availability/gateways.cfg';
  const text = await deployText(path, {
    'bind :443 ssl crt /etc/haproxy/gateway.pem': `bind 127.0.0.1:${port}`,
    '10.0.0.21:4000': `127.0.0.1:${first}`,
    '10.0.0.22:4000': `127.0.0.1:${second}`,
  });
  await startProgram('haproxy', ['-db', '-f', await configFile(path, text)]);
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200);
  return url;
}

test('a rolling restart of two gateways behind HAProxy fails no request', async () => {
  const cluster = await clusterAt(fresh.url, { DRAIN_SECONDS: '3', TRUSTED_PROXIES: '127.0.0.1' });
  const ports = [await freePort(), await freePort()];
  const gateways: GatewayProcess[] = [];
  for (const port of ports) gateways.push((await startIn(cluster, { PORT: String(port) })).gateway);
  const url = await haproxy(ports);
  const load = await startLoad(url, cluster.password);
  await load.succeed(200);
  for (const [number, port] of [...ports.entries(), ...ports.entries()]) {
    expect(await gateways[number]!.end('SIGTERM')).toBe(0);
    const next = startGateway({ ...cluster.settings, PORT: String(port) });
    await next.ready();
    gateways[number] = next;
    // HAProxy must notice the new gateway before the other gateway stops.
    await load.succeed(300);
    await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
    await new Promise((wake) => setTimeout(wake, 1_500));
  }
  await load.stop();
  const last = await startIn(cluster);
  const losses = await lossesOf([load], last.admin, fresh.url);
  await expectIntactLog(last.admin);
  recordOutcome({ scenario: 'rolling restart behind HAProxy, 4 restarts', ...figuresOf([load], losses) });
  expect([...load.failures], gateways.map((gateway) => gateway.said()).join('')).toEqual([]);
  expect(losses).toEqual({ lost: [], unaudited: [] });
  for (const gateway of [...gateways, last.gateway]) gateway.child.kill('SIGKILL');
});

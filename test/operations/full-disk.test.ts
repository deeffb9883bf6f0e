// A PostgreSQL server whose disk is full.
import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Embedded, startEmbedded } from '../../src/database/embedded.ts';
import {
  cleanUp,
  createSecret,
  endAll,
  REVEAL,
  ROTATE,
  reveal,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';

const run = promisify(execFile);
const SIZE = '256m';

let disk: string;
let server: Embedded | undefined;
beforeAll(async () => {
  disk = join(await temporaryDir(), 'disk');
  await mkdir(disk);
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0755`, 'operations-test', disk]);
});
afterAll(async () => {
  await endAll();
  await server?.stop();
  await run('umount', [disk]);
  await cleanUp();
});

test('while the disk of the database is full, the gateway reveals no value and makes no change, and afterwards it serves again', async () => {
  server = await startEmbedded({ dataDir: join(disk, 'data') });
  const cluster = await clusterAt(server.url);
  const { gateway, url, admin } = await startIn(cluster);
  const value = sentinel();
  await createSecret(admin, 'db', value);
  const load = await startLoad(url, cluster.password);
  await load.succeed(500);

  const filler = join(disk, 'filler');
  await fill(filler);
  await until(async () => (await fetch(`${url}/readyz`)).status === 503, 60_000);
  for (const asked of [admin.ask(REVEAL, { n: 'db' }), admin.ask(ROTATE, { i: { name: 'db', value: sentinel() } })]) {
    const { errors, text } = await asked;
    expect(errors.map((error) => error.extensions.code)).toEqual(['UNAVAILABLE']);
    expect(text).not.toContain(value);
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);

  await rm(filler);
  const resumed = await load.resumed(60);
  await until(async () => (await fetch(`${url}/readyz`)).status === 200);
  await load.succeed(500);
  await load.stop();
  expect(await reveal(admin, 'db')).toBe(value);
  const losses = await lossesOf([load], admin, server.url);
  await expectIntactLog(admin);
  recordOutcome({ scenario: 'disk of the database full', ...figuresOf([load], losses), resumed });
  expect(losses).toEqual({ lost: [], unaudited: [] });
  expect(await gateway.end('SIGTERM')).toBe(0);
});

/** Writes zeros into a file until the disk is full. */
async function fill(file: string): Promise<void> {
  const handle = await open(file, 'w');
  const block = Buffer.alloc(65_536);
  try {
    for (;;) await handle.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await handle.close();
  }
}

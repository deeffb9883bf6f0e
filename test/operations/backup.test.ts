// The commands of docs/backup.md, as an operator runs them: a backup while the gateway serves, and a restore at another place.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { runningEmbedded } from '../../src/database/embedded.ts';
import { command } from '../support/command.ts';
import { freshDatabase } from '../support/database.ts';
import { cleanUp, temporaryDir } from '../support/gateway-process.ts';
import { clusterAt, expectIntactLog, startIn } from './gateways.ts';
import { figuresOf, lossesOf, startLoad } from './load.ts';
import { recordOutcome } from './outcome.ts';

let fresh: { url: string; drop: () => Promise<void> };
beforeEach(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
});
afterEach(async () => {
  await cleanUp();
  await fresh.drop();
});

test('a backup under load, restored at another place, contains every value that was confirmed before the backup, and its audit log is intact', async () => {
  const cluster = await clusterAt(fresh.url);
  const { gateway, url, admin } = await startIn(cluster);
  const load = await startLoad(url, cluster.password);
  await load.succeed(800);
  const before = [...load.rotated];
  const file = join(await temporaryDir(), 'backup');
  const began = performance.now();
  expect((await command(['backup', 'create', file], cluster.settings)).code).toBe(0);
  const seconds = (performance.now() - began) / 1_000;
  expect((await command(['backup', 'verify', file], {})).code).toBe(0);
  await load.stop();
  const losses = await lossesOf([load], admin, fresh.url);
  expect(await gateway.end('SIGTERM')).toBe(0);

  // The target runs its own embedded PostgreSQL, as after the loss of the database server.
  const target = {
    ...cluster.settings,
    DATABASE_URL: undefined,
    DATA_DIR: join(await temporaryDir(), 'restored'),
    KEYRING_FILE: join(cluster.settings.DATA_DIR!, 'keyring.json'),
  };
  const restored = await command(['backup', 'restore', file, '--json'], target);
  expect(restored.code).toBe(0);
  expect(JSON.parse(restored.out)).toMatchObject({ intact: true, problems: [], values: { failed: 0 } });
  const again = await startIn({ ...cluster, settings: target });
  const databaseUrl = runningEmbedded(target.DATA_DIR)!;
  const { lost } = await lossesOf([{ rotated: before, revealed: [] }], again.admin, databaseUrl);
  await expectIntactLog(again.admin);
  recordOutcome({
    scenario: 'backup under load, restored elsewhere',
    ...figuresOf([load], { ...losses, lost: [...losses.lost, ...lost] }),
    note: `backup ${seconds.toFixed(1)} s, ${before.length} rotations compared`,
  });
  expect([...load.failures]).toEqual([]);
  expect(losses).toEqual({ lost: [], unaudited: [] });
  expect(lost).toEqual([]);
  expect(await again.gateway.end('SIGTERM')).toBe(0);
});

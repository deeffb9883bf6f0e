import { execFile } from 'node:child_process';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import {
  cleanUp,
  createSecret,
  type GatewayProcess,
  reveal,
  signedIn,
  startGateway,
  temporaryDir,
  until,
} from '../support/gateway-process.ts';
import { sentinel } from '../support/sentinel.ts';

const run = promisify(execFile);

let fresh: { url: string; drop: () => Promise<void> };
let gateway: GatewayProcess;
beforeAll(async () => {
  fresh = await freshDatabase(inject('databaseUrl'), { migrated: false });
});
afterAll(async () => {
  await cleanUp();
  await fresh.drop();
});

test('a gateway without free file descriptors logs an error, counts a metric, serves its open connections, and recovers', async () => {
  const password = sentinel('password');
  const value = sentinel();
  gateway = startGateway({
    DATABASE_URL: fresh.url,
    DATA_DIR: join(await temporaryDir(), 'data'),
    ADMIN_PASSWORD: password,
  });
  const url = await gateway.ready();
  await createSecret(await signedIn(url, password), 'db', value);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const onOpenConnection = (path: string) =>
    new Promise<string>((resolve, reject) => {
      get(`${url}${path}`, { agent }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve(text);
      }).on('error', reject);
    });
  const shortages = async () =>
    Number(/^gateway_file_descriptor_shortages_total (\d+)$/m.exec(await onOpenConnection('/metrics'))?.[1]);
  const setLimit = (limit: string) => run('prlimit', ['--pid', String(gateway.child.pid), `--nofile=${limit}:`]);
  expect(await shortages()).toBe(0);
  const { stdout } = await run('prlimit', [
    '--pid',
    String(gateway.child.pid),
    '--nofile',
    '--output=SOFT',
    '--noheadings',
  ]);

  await setLimit('8');
  await until(() => gateway.said().includes('no file descriptor is free'));
  await Promise.allSettled(
    Array.from({ length: 20 }, () => fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) })),
  );
  await until(async () => (await shortages()) > 1);
  expect(gateway.said().match(/no file descriptor is free/g)).toHaveLength(1);

  await setLimit(stdout.trim());
  await until(() => gateway.said().includes('file descriptors are free again'));
  expect(await reveal(await signedIn(url, password), 'db')).toBe(value);
  agent.destroy();
  expect(await gateway.end('SIGTERM')).toBe(0);
}, 60_000);

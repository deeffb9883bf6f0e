import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { overhear } from '../support/sentinel.ts';
import { type SomeApplication, type World, world } from '../support/world.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/references.mjs');

let w: World;
let worker: SomeApplication;
beforeAll(async () => {
  w = await world();
  worker = await w.application('worker');
  await w.secret('mail_token');
});
afterAll(() => w.close());

async function run() {
  const env = {
    PATH: process.env.PATH,
    CONDUCTOR_SERVER_URL: `${w.url}/api`,
    CONDUCTOR_AUTH_KEY: worker.keyId,
    CONDUCTOR_AUTH_SECRET: worker.keySecret,
  };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [EXAMPLE], { env });
  overhear(stdout + stderr);
  return stdout.trimEnd().split('\n');
}

test('the example resolves references in the workflow definition, and leaves references in the workflow input unchanged', async () => {
  await expect(run()).rejects.toThrow(/mail_token.*NOT_FOUND/);
  await w.grant(worker.id, 'EXECUTE', 'mail_token');
  expect(await run()).toEqual([
    'Resolved: mail_token at /headers/authorization',
    'The header contains the value: true',
    'The input is unchanged: Dear ${workflow.secrets.mail_token},',
    'Masked: {"headers":{"authorization":"Bearer ***"},"body":{"greeting":"Dear ${workflow.secrets.mail_token},"}}',
  ]);
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { snippetsFor } from '../../console/src/secrets/snippets.ts';
import { b, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeApplication } from '../support/world.ts';

let app: SomeApplication;
const value = sentinel();

startConsole();
beforeAll(async () => {
  await w.secret('db', { value });
  await w.secret('login', { value: JSON.stringify({ field: value }) });
  app = await w.application('pay');
  await w.grant(app.id, 'READ', 'db');
  await w.grant(app.id, 'READ', 'login');
});

const run = promisify(execFile);
const shell = async (text: string, env: Record<string, string | undefined>) =>
  (await run('sh', ['-c', text], { env: { PATH: process.env.PATH, ...env } })).stdout;
const resolved = async (payload: string) => {
  const { data } = await app.askRevealing('query ($p: JSON!) { resolveReferences(payload: $p) { payload } }', {
    p: payload,
  });
  return data.resolveReferences.payload;
};

test('a user can copy each example for using a secret with one click, and the example works without changes', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword, { path: '/secrets/db?tab=use' });
  await page.getByRole('heading', { name: 'In a workflow' }).waitFor();
  const copied = async (title: string) => {
    await page.getByRole('button', { name: `Copy: ${title}`, exact: true }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    await page.getByRole('button', { name: 'Copied' }).waitFor({ state: 'detached' });
    return page.evaluate<string>('navigator.clipboard.readText()');
  };
  expect(await resolved(await copied('Value'))).toBe(value);
  expect(await resolved((await copied('Field of a JSON secret value')).replace('.db.', '.login.'))).toBe(value);
  const { data } = await app.askRevealing(await copied('GraphQL'));
  expect(data.secret.value).toBe(value);

  const signIn = await copied('Token from an application access key');
  const TOKEN = await shell(`${signIn}\nprintf %s "$TOKEN"`, { KEY_ID: app.keyId, KEY_SECRET: app.keySecret });
  const byGraphql = JSON.parse(await shell(await copied('GraphQL with curl'), { TOKEN }));
  expect(byGraphql).toEqual({ data: { secret: { value } } });
  expect(await shell(await copied('REST with curl'), { TOKEN })).toBe(value);
});

test('the JavaScript example for Conductor’s client returns the secret value', async () => {
  const { programs } = snippetsFor('db', w.url);
  const text = programs
    .find(({ title }) => title.startsWith('JavaScript'))
    // In this project, the package has a different name than in the example.
    ?.text.replace('@io-orkes/conductor-javascript', 'conductor-javascript-4');
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '-e', `${text}\nconsole.log(value);process.exit();`],
    {
      env: { PATH: process.env.PATH, KEY_ID: app.keyId, KEY_SECRET: app.keySecret },
    },
  );
  expect(stdout.trim().split('\n').at(-1)).toBe(value);
});

import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { operatorAudit } from '../../src/audit/operator.ts';
import { operationOf } from '../../src/graphql/operation.ts';
import { register } from '../../src/operations/operation-registry.ts';
import { type TestAppOptions, testApp } from '../support/app.ts';
import { browser, hasFocus } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { schema } from '../support/root-fields.ts';

let page: Page;

startConsole({ console: 'explorer' });
beforeAll(async () => {
  await w.secret('db');
  ({ page } = await b.signedIn('admin', w.adminPassword, { path: '/explorer' }));
});

const editor = (name: string, on = page) => on.getByRole('textbox', { name });

/** Replaces the text of a code editor. */
async function write(name: string, text: string, on = page): Promise<void> {
  await editor(name, on).click();
  await on.keyboard.press('ControlOrMeta+a');
  // Pastes the text instead of typing, so that the editor adds no closing brackets.
  await on.keyboard.insertText(text);
}

const PATIENT = { timeout: 15_000 };
const answer = () => editor('Answer').innerText();

test('if a document contains several operations, the explorer runs the selected operation as the signed-in user, with variables', async () => {
  await editor('Query').waitFor();
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(answer, PATIENT).toContain('"name": "Administrator"');

  await write(
    'Query',
    'query One($n: String!) { secret(name: $n) { name value version } }\nquery Two { viewer { id } }',
  );
  await write('Variables', '{"n": ');
  await page.getByText('Enter a JSON object').waitFor();
  expect(await page.getByRole('button', { name: 'Run' }).isDisabled()).toBe(true);
  await write('Variables', '{"n": "db"}');
  await page.keyboard.press('ControlOrMeta+Enter');
  await expect.poll(answer, PATIENT).toContain('"value": "***"');
  await page.getByRole('combobox', { name: 'Operation' }).click();
  await page.getByRole('option', { name: 'Two' }).click();
  await page.getByRole('button', { name: 'Run' }).click();
  await expect.poll(answer, PATIENT).toContain('"id": "usr_');

  // The explorer shows partial data together with the errors of the answer.
  await write('Query', '{ viewer { name } secret(name: "db") { value(reveal: true, version: 9) } }');
  await page.keyboard.press('ControlOrMeta+Enter');
  await page.getByText(/^One error/).waitFor();
  expect(await answer()).toContain('"name": "Administrator"');
  expect(await answer()).toContain('NOT_FOUND');
  await page.getByRole('button', { name: 'Clear answer' }).click();
  await expect.poll(async () => (await answer()).trim(), PATIENT).toBe('');
});

test('the explorer completes and validates queries by the schema, and a user can leave the editor by keyboard', async () => {
  await write('Query', '{ secret(name: "db") { vers ');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('i');
  await page
    .getByRole('option', { name: /^version/ })
    .first()
    .waitFor();
  await page.keyboard.press('Escape');
  await write('Query', '{ nonsense }');
  await page.locator('.cm-lintRange-error').waitFor();
  await page.locator('.cm-lintRange-error').hover();
  await page.getByText('Cannot query field "nonsense"').waitFor();
  await write('Query', '{ viewer { name } }');
  await page.getByText('viewer', { exact: true }).hover();
  const { description } = schema.getQueryType()!.getFields().viewer!;
  await page.locator('.cm-docs').getByText(description!.split('\n')[0]!).waitFor();

  await editor('Query').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await hasFocus(editor('Variables'))).toBe(true);
});

test('the explorer preserves only the query while the user opens another page, and stores nothing in the browser', async () => {
  await write('Query', '{ viewer { name } } # mine');
  await write('Variables', '{"mine": 1}');
  await page.getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('heading', { level: 1, name: 'Groups' }).waitFor();
  await page.getByRole('link', { name: 'GraphQL explorer' }).click();
  await expect.poll(() => editor('Query').innerText(), PATIENT).toContain('# mine');
  expect((await editor('Variables').innerText()).trim()).toBe('');
  expect(await page.evaluate('JSON.stringify([{...localStorage}, {...sessionStorage}])')).not.toContain('mine');
});

test('the explorer exists only if a setting enables it, and it explains why the gateway refuses unregistered operations', async () => {
  const { databaseUrl, keyring, adminPassword, clock } = w;
  // The test client signs in with this registered operation.
  const signing = 'mutation ($u: String!, $p: SecretValue!) { signIn(username: $u, password: $p) { token } }';
  await register(operatorAudit(w), clock, [operationOf(schema, signing).operation]);
  /** Signs in as an administrator, and opens the explorer of a second gateway on the same database. */
  const at = async (options: TestAppOptions, look: (page: Page) => Promise<void>) => {
    const app = await testApp({ databaseUrl, keyring, adminPassword, clock, ...options });
    const other = await browser(app.url);
    try {
      await look((await other.signedIn('admin', adminPassword, { path: '/explorer' })).page);
    } finally {
      await other.close();
      await app.close();
    }
  };
  await at({ console: 'on' }, async (without) => {
    await without.getByRole('heading', { name: 'Page not found' }).waitFor();
    expect(await without.getByRole('link', { name: 'GraphQL explorer' }).count()).toBe(0);
  });
  await at({ console: 'explorer', operations: 'registered' }, async (closed) => {
    await closed.getByText('The console could not load the GraphQL schema').waitFor();
    await closed.getByRole('button', { name: 'Run' }).click();
    await closed.getByRole('alert', { name: 'The gateway runs only registered operations' }).waitFor();
  });
});

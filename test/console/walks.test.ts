// Follows two tutorials of Conductor's documentation, starting with an empty gateway. In the first tutorial, a tag
// shares a secret with a group. In the second tutorial, a tag shares a secret with an application.
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { browser, type TestBrowser } from '../support/browser.ts';
import { remember, sentinel } from '../support/sentinel.ts';
import { type World, world } from '../support/world.ts';
import { addSecret, shownValue } from './secret-steps.ts';

// These tests take longer than all other tests of the console.
vi.setConfig({ testTimeout: 120_000 });

let w: World;
let b: TestBrowser;

beforeEach(async () => {
  w = await world({ console: 'on' });
  b = await browser(w.url);
});
afterEach(async () => {
  await b.close();
  await w.close();
});

const dialog = (page: Page) => page.getByRole('dialog');
const go = (page: Page, place: string) =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place, exact: true }).click();

/** Creates a user and returns the generated password of the user. */
async function addUser(page: Page, username: string): Promise<string> {
  await go(page, 'Users');
  await page.getByRole('button', { name: 'Add user' }).click();
  await dialog(page).getByRole('textbox', { name: 'Username' }).fill(username);
  await dialog(page).getByRole('textbox', { name: 'Name', exact: true }).fill(username);
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  const password = await dialog(page).getByRole('group', { name: 'Password' }).innerText();
  remember(password.trim());
  await dialog(page).getByRole('button', { name: "I've saved it" }).click();
  await page.getByRole('heading', { level: 1, name: username }).waitFor();
  return password.trim();
}

/** Grants access to a tag on the page of a group, an application or a user. The form preselects READ. */
async function addPermission(page: Page, tag: string, { also = [], reaches }: { also?: string[]; reaches: string }) {
  await page.getByRole('tab', { name: 'Permissions' }).click();
  await page.getByText('No permissions yet').waitFor();
  await page.getByRole('button', { name: 'Add permission' }).click();
  await dialog(page).getByRole('radio', { name: 'Tag' }).check();
  await dialog(page).getByRole('combobox', { name: 'Tag' }).fill(tag);
  for (const access of also) await dialog(page).getByRole('checkbox', { name: access }).check();
  await dialog(page)
    .getByText(`Gives access to 1 secret now, and to every secret that gets this tag later: ${reaches}`)
    .waitFor();
  const gains = dialog(page).getByRole('table', { name: 'Who gains access' });
  await gains.waitFor();
  expect(await gains.innerText()).toContain(reaches);
  await dialog(page).getByRole('button', { name: 'Add permission' }).click();
  await dialog(page).waitFor({ state: 'hidden' });
  await page.getByRole('row').filter({ hasText: tag }).waitFor();
}

test('if a tag shares a secret with a group, a member of the group sees the secret, and a user outside the group does not see the secret', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword);
  const value = sentinel();
  await addSecret(page, { name: 'db_password', value, tags: ['team:payments'] });
  const passwords = { ann: await addUser(page, 'ann'), bob: await addUser(page, 'bob') };

  await go(page, 'Groups');
  await page.getByText('No groups yet').waitFor();
  await page.getByRole('button', { name: 'Add group' }).click();
  await dialog(page).getByRole('textbox', { name: 'Name' }).fill('payments');
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('heading', { level: 1, name: 'payments' }).waitFor();

  await page.getByRole('button', { name: 'Add members' }).click();
  await dialog(page).getByRole('combobox', { name: 'Users and applications' }).fill('ann');
  await page.getByRole('option', { name: 'ann' }).click();
  await dialog(page).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('row').filter({ hasText: 'ann' }).waitFor();

  await addPermission(page, 'team:payments', { also: ['EXECUTE'], reaches: 'db_password' });

  const member = await b.signedIn('ann', passwords.ann);
  const row = member.page.getByRole('row').filter({ hasText: 'db_password' });
  await row.waitFor();
  expect(await row.innerText()).toContain('***');
  expect(await shownValue(member.page, 'db_password')).toBe(value);

  const outside = await b.signedIn('bob', passwords.bob);
  await outside.page.getByRole('main').getByRole('heading', { level: 2 }).waitFor();
  expect(await outside.page.getByText('db_password').count()).toBe(0);
});

test('if a tag shares a secret with an application, only the access key of this application reads the secret', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword);
  const value = sentinel();
  await addSecret(page, { name: 'api_token', value, tags: ['app:mailer'] });

  const addApplication = async (name: string) => {
    await go(page, 'Applications');
    await page.getByRole('button', { name: 'Add application' }).click();
    await dialog(page).getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog(page).getByRole('button', { name: 'Add' }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.getByText('No access keys yet').waitFor();
    await page.getByRole('button', { name: 'Create access key' }).click();
    await dialog(page).getByRole('button', { name: 'Create' }).click();
    await dialog(page).getByText('The console shows this secret only once').waitFor();
  };

  await addApplication('mailer');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog(page).getByRole('button', { name: 'Download as file' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('mailer.env');
  const file = Object.fromEntries(
    readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split('=', 2)),
  );
  remember(file.GATEWAY_KEY_SECRET);
  expect(file).toMatchObject({ GATEWAY_URL: w.url, GATEWAY_KEY_ID: expect.stringMatching(/^key_/) });
  await dialog(page).getByRole('button', { name: "I've saved it" }).click();
  await page.getByRole('row').filter({ hasText: file.GATEWAY_KEY_ID }).waitFor();
  await addPermission(page, 'app:mailer', { also: ['EXECUTE'], reaches: 'api_token' });

  await addApplication('other');
  const copied = async (label: string) => {
    const group = dialog(page).getByRole('group', { name: label });
    await group.getByRole('button', { name: `Copy key ${label.slice('Key '.length)}` }).click();
    await group.getByRole('button', { name: 'Copied' }).waitFor();
    return String(await page.evaluate('navigator.clipboard.readText()'));
  };
  const otherId = await copied('Key ID');
  const otherSecret = await copied('Key secret');
  remember(otherSecret);
  await dialog(page).getByRole('button', { name: "I've saved it" }).click();

  const mailer = await signInApplication(file.GATEWAY_KEY_ID, file.GATEWAY_KEY_SECRET);
  expect(await w.reveal(mailer, 'api_token')).toBe(value);
  expect(await resolved(mailer)).toEqual({ token: value });
  const other = await signInApplication(otherId, otherSecret);
  expect(await w.reveal(other, 'api_token')).toBeNull();
  expect(await resolved(other)).toBe('UNRESOLVED_REFERENCES');
});

async function signInApplication(keyId: string, keySecret: string) {
  const { data } = await w.anonymous.askRevealing(
    'mutation ($k: String!, $s: SecretValue!) { signInApplication(keyId: $k, keySecret: $s) { token } }',
    { k: keyId, s: keySecret },
  );
  return w.as(data.signInApplication.token);
}

/** Returns the resolved payload with a secret reference, or the error code. */
async function resolved(who: ReturnType<World['as']>): Promise<unknown> {
  const { data, code } = await who.askRevealing('query ($p: JSON!) { resolveReferences(payload: $p) { payload } }', {
    p: { token: '${workflow.secrets.api_token}' },
  });
  return code ?? data.resolveReferences.payload;
}

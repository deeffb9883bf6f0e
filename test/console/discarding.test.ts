import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, button, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['ADMIN'] });
  await w.secret('db');
});

const dialog = (page: Page, name: string) => page.getByRole('dialog', { name });
const asked = (page: Page) => dialog(page, 'Discard your input?');

test('when a user closes a dialog, the dialog discards its input only after a confirmation', async () => {
  const { page } = await b.signedIn('ann', ann.password);
  const entered = sentinel();
  const value = page.getByRole('textbox', { name: 'New value' });
  await button(page, 'Rotate db').click();
  await value.fill(entered);
  await page.keyboard.press('Escape');
  await asked(page).waitFor();
  // In the confirmation, both the Escape key and the focused button return to editing.
  await page.keyboard.press('Escape');
  await asked(page).waitFor({ state: 'detached' });
  await expect
    .poll(() =>
      page
        .locator(':focus')
        .inputValue({ timeout: 500 })
        .catch(() => ''),
    )
    .toBe(entered);
  await dialog(page, 'Rotate db').getByRole('button', { name: 'Close' }).click();
  await asked(page).waitFor();
  await page.keyboard.press('Enter');
  await asked(page).waitFor({ state: 'detached' });
  expect(await value.inputValue()).toBe(entered);
  await page.keyboard.press('Escape');
  await button(page, 'Discard').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });

  await page.getByRole('link', { name: 'db', exact: true }).click();
  await button(page, 'Edit').click();
  await page.getByRole('textbox', { name: 'Description' }).fill('a');
  await page.getByRole('textbox', { name: 'Description' }).fill('');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await asked(page).count()).toBe(0);
});

test('if an object is deleted while a form edits it, the form preserves its input, and the page shows the deletion after the form closes', async () => {
  const ops = await w.group('ops');
  const { page } = await b.signedIn('ann', ann.password, { path: `/groups/${ops}` });
  await button(page, 'Edit').click();
  const description = page.getByRole('textbox', { name: 'Description' });
  await description.fill('Who is on call');
  await ann.get('mutation ($id: ID!) { deleteGroup(id: $id) { id } }', { id: ops });
  await button(page, 'Save').click();
  await page.getByText('Not found').waitFor();
  expect(await description.inputValue()).toBe('Who is on call');
  await button(page, 'Cancel').click();
  await page.getByText('Group not found').waitFor();
});

test('a user cannot confirm a deletion before the dialog shows the preview of lost access', async () => {
  const { page } = await b.signedIn('ann', ann.password, { path: `/groups/${await w.group('night')}` });
  let answer = () => {};
  const held = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('SimulateAccess')) await held;
    await route.continue();
  });
  await button(page, 'Delete').click();
  const confirm = dialog(page, 'Delete night?').getByRole('button', { name: 'Delete' });
  await confirm.waitFor();
  expect(await confirm.isDisabled()).toBe(true);
  answer();
  await page.getByText('Nobody gains or loses access.').waitFor();
  await confirm.click();
  await page.getByText('Deleted the group night.').waitFor();
});

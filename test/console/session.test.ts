import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { hasFocus, signIn } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann');
  await w.secret('db');
  await w.grant(ann.id, 'READ', 'db');
  await w.grant(ann.id, 'UPDATE', 'db');
});

const stored = (page: Page) =>
  page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])');

test('a failed sign-in shows the same message for a wrong password as for an unknown user, and the form preserves the username', async () => {
  const { page } = await b.visit();
  for (const name of ['ann', 'nobody']) {
    await page.getByLabel('Username').fill(name);
    await page.locator('input[type=password]').fill(sentinel('wrong-password'));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('The username or the password is wrong').waitFor();
    expect(await page.getByLabel('Username').inputValue()).toBe(name);
    expect(await page.locator('input[type=password]').inputValue()).toBe('');
  }
});

test('a user signs in with only the keyboard, and the console then opens the page in the URL', async () => {
  const { page } = await b.visit('/secrets?q=d');
  await page.locator('input[autocomplete=username]:focus').waitFor();
  await page.keyboard.type('ann');
  await page.keyboard.press('Tab');
  await page.keyboard.type(ann.password);
  expect(await page.content()).not.toContain(ann.password);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'db' }).waitFor();
  expect(await page.getByLabel('Search').inputValue()).toBe('d');
});

test('the browser storage does not contain the token, and the console requires the password after the page is reloaded', async () => {
  const { page } = await b.signedIn('ann', ann.password);
  expect(await stored(page)).not.toContain('eyJ');
  await page.reload();
  await page.getByLabel('Username').waitFor();
});

test('the browser tab stores the token only if the user chose to stay signed in, and signing out removes the stored token', async () => {
  const { page } = await b.visit('/secrets');
  await page.getByLabel('Stay signed in while this tab is open').check();
  await signIn(page, 'ann', ann.password);
  await page.reload();
  await page.getByRole('link', { name: 'db' }).waitFor();
  await page.getByRole('button', { name: 'Account of ann' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Username').waitFor();
  expect(await stored(page)).not.toContain('eyJ');
  await page.reload();
  await page.getByLabel('Username').waitFor();
});

test('the console shows a warning before the session ends, and preserves the page until the user signs in again', async () => {
  const { page } = await b.visit('/secrets');
  await page.clock.install();
  await signIn(page, 'ann', ann.password);
  await page.getByLabel('Search').fill('d');
  await page.clock.fastForward('58:30');
  const alert = page.getByRole('alert').filter({ hasText: 'Your session ends in' });
  await alert.waitFor();
  await alert.getByRole('button', { name: 'Stay signed in' }).click();
  const dialog = page.getByRole('dialog', { name: 'Stay signed in' });
  expect(await dialog.getByLabel('Username').inputValue()).toBe('ann');
  await dialog.locator('input[type=password]').fill(ann.password);
  await dialog.getByRole('button', { name: 'Sign in' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await alert.waitFor({ state: 'hidden' });

  await page.clock.fastForward('01:00:01');
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.waitFor();
  await page.keyboard.press('Escape');
  expect(await ended.isVisible()).toBe(true);
  await ended.locator('input[type=password]').fill(ann.password);
  await ended.getByRole('button', { name: 'Sign in' }).click();
  await ended.waitFor({ state: 'hidden' });
  expect(await page.getByLabel('Search').inputValue()).toBe('d');
});

test('if the session ends while a dialog is open, the sign-in form appears above the dialog, and the dialog preserves its input', async () => {
  const { page } = await b.visit('/secrets/db');
  await page.clock.install();
  await signIn(page, 'ann', ann.password);
  await page.getByRole('button', { name: 'Rotate' }).click();
  const form = page.getByRole('dialog', { name: 'Rotate db' });
  const value = sentinel('half-done');
  await form.getByRole('textbox', { name: 'New value' }).fill(value);
  await page.clock.fastForward('58:30');
  // The user can reach the sign-in form by keyboard, although the dialog traps the keyboard focus.
  const stay = form.getByRole('button', { name: 'Stay signed in' });
  await stay.waitFor();
  await expect
    .poll(async () => {
      await page.keyboard.press('Tab');
      return hasFocus(stay);
    })
    .toBe(true);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Stay signed in' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Stay signed in' }).waitFor({ state: 'hidden' });
  await page.clock.fastForward('02:00');
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.waitFor();
  await page.keyboard.press('Escape');
  await ended.locator('input[type=password]').click();
  await page.keyboard.type(ann.password);
  await ended.getByRole('button', { name: 'Sign in' }).click();
  await ended.waitFor({ state: 'hidden' });
  expect(await form.getByRole('textbox', { name: 'New value' }).inputValue()).toBe(value);
  await form.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Rotated db to version 2.').waitFor();
});

test('if a browser tab stores an invalid token, the console requires the password', async () => {
  const eva = await w.user('eva');
  const { page } = await b.visit('/secrets?q=kept');
  await page.getByLabel('Stay signed in while this tab is open').check();
  await signIn(page, 'eva', eva.password);
  const setActive = 'mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }';
  await w.admin.get(setActive, { i: { id: eva.id, active: false } });
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Secrets gateway' }).waitFor();
  await page.getByLabel('Username').fill('ann');
  await page.locator('input[autocomplete="current-password"]').fill(ann.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Search').waitFor();
  expect(await page.getByLabel('Search').inputValue()).toBe('kept');
});

test('as soon as the gateway rejects the token, the console requires the password, and the page continues after the user signs in again', async () => {
  const bob = await w.user('bob');
  await w.grant(bob.id, 'READ', 'db');
  const { page } = await b.signedIn('bob', bob.password);
  const setActive = 'mutation ($i: UpdateUserInput!) { updateUser(input: $i) { user { id } } }';
  await w.admin.get(setActive, { i: { id: bob.id, active: false } });
  await w.admin.get(setActive, { i: { id: bob.id, active: true } });
  await page.getByLabel('Search').fill('b');
  const ended = page.getByRole('dialog', { name: 'Your session has ended' });
  await ended.locator('input[type=password]').fill(bob.password);
  await ended.getByRole('button', { name: 'Sign in' }).click();
  await ended.waitFor({ state: 'hidden' });
  await page.getByRole('link', { name: 'db' }).waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
});

test('if a second user signs in after the first user, the second user sees no data of the first user', async () => {
  const eve = await w.user('eve');
  const { page } = await b.signedIn('ann', ann.password);
  await page.getByRole('link', { name: 'db' }).waitFor();
  await page.getByRole('button', { name: 'Account of ann' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await signIn(page, 'eve', eve.password);
  await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
  await page.getByRole('heading', { level: 2 }).filter({ hasText: 'o secrets' }).waitFor();
  expect(await page.getByRole('link', { name: 'db' }).count()).toBe(0);
});

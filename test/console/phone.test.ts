import { expect, test } from 'vitest';
import { b, startConsole, w } from '../support/console.ts';
import { sentinel } from '../support/sentinel.ts';
import { addSecret } from './secret-steps.ts';

startConsole();

test('on a phone, a user can navigate, add a secret, reveal its value and rotate the secret', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword, { width: 390, height: 780 });
  const value = sentinel();
  const navigation = page.getByRole('navigation', { name: 'Main' });
  const open = page.getByRole('button', { name: 'Open navigation' });
  await open.tap();
  await navigation.getByRole('link', { name: 'Groups' }).tap();
  await page.getByText('No groups yet').waitFor();
  await navigation.getByRole('link', { name: 'Groups' }).waitFor({ state: 'hidden' });
  await open.tap();
  await addSecret(page, { name: 'on_the_road', value, tags: ['env:prod'] });

  const actions = page.getByRole('button', { name: 'Actions for on_the_road' });
  await actions.tap();
  await page.getByRole('menuitem', { name: 'Reveal value of on_the_road' }).tap();
  const shown = page.getByRole('dialog', { name: 'Value of on_the_road' });
  expect(await shown.locator('pre').textContent()).toBe(value);
  const box = await shown.boundingBox();
  expect(box && box.x >= 0 && box.x + box.width <= 390).toBe(true);
  await shown.getByRole('button', { name: 'Mask' }).tap();
  await shown.waitFor({ state: 'detached' });

  await actions.tap();
  await page.getByRole('menuitem', { name: 'Rotate on_the_road' }).tap();
  const dialog = page.getByRole('dialog');
  const next = sentinel();
  await dialog.getByRole('textbox', { name: 'New value' }).fill(next);
  await dialog.getByRole('button', { name: 'Save' }).tap();
  await dialog.waitFor({ state: 'detached' });
  expect(await w.reveal(w.admin, 'on_the_road')).toBe(next);
});

test('the console uses the colour scheme of the system until the user chooses a scheme, and the choice remains after a reload', async () => {
  const { page } = await b.signedIn('admin', w.adminPassword, { scheme: 'dark' });
  const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
  const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  expect(await scheme()).toBe('dark');
  const dark = await ground();
  await page.getByRole('button', { name: 'Use light colours' }).click();
  expect(await scheme()).toBe('light');
  expect(await ground()).not.toBe(dark);
  await page.reload();
  await page.getByLabel('Username').waitFor();
  expect(await scheme()).toBe('light');
});

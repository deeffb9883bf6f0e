import { expect, test } from 'vitest';
import { signIn } from '../support/browser.ts';
import { b, startConsole, w } from '../support/console.ts';

startConsole({ console: 'explorer' });

test('if the code of a page fails to load, the console shows an error on this page, and the page opens after the console is reloaded', async () => {
  const { page, context } = await b.signedIn('admin', w.adminPassword);
  await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
  await context.setOffline(true);
  await page.getByRole('link', { name: 'GraphQL explorer' }).click();
  const alert = page.getByRole('alert').filter({ hasText: 'The console could not load this page' });
  await alert.waitFor();
  expect(await page.getByRole('button', { name: 'Account of admin' }).isVisible()).toBe(true);
  await page.getByRole('link', { name: 'Secrets', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'Secrets' }).waitFor();
  await page.getByRole('link', { name: 'GraphQL explorer' }).click();
  await alert.waitFor();
  await context.setOffline(false);
  await alert.getByRole('button', { name: 'Try again' }).click();
  await signIn(page, 'admin', w.adminPassword);
  await page.getByRole('heading', { level: 1, name: 'GraphQL explorer' }).waitFor();
});

test('a user can open a page of the console for the first time while the browser is offline', async () => {
  const { page, context, idle, traffic } = await b.signedIn('admin', w.adminPassword);
  await expect.poll(() => traffic.some(({ url }) => url.includes('log-page'))).toBe(true);
  await idle();
  await context.setOffline(true);
  await page.getByRole('link', { name: 'Groups' }).click();
  await page.getByRole('heading', { level: 1, name: 'Groups' }).waitFor();
  expect(await page.getByText('The console could not load this page').count()).toBe(0);
});

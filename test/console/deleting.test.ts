import type { Page } from 'playwright-core';
import { beforeAll, expect, test } from 'vitest';
import { b, button, startConsole, w } from '../support/console.ts';
import type { SomeUser } from '../support/world.ts';

let ann: SomeUser;

startConsole();
beforeAll(async () => {
  ann = await w.user('ann', { roles: ['ADMIN'] });
});

const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

test('a user deletes a secret after a confirmation, and the Undo button restores the secret with its value', async () => {
  const { value } = await w.secret('db', { tags: ['env:prod'] });
  await w.secret('other');
  const { page } = await b.signedIn('ann', ann.password);
  await button(page, 'Delete db').click();
  await button(page, 'Cancel').click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await w.sees(w.admin, 'db')).toBe(true);

  await button(page, 'Delete db').click();
  await button(page, 'Delete').click();
  await link(page, 'db').waitFor({ state: 'detached' });
  expect(await w.sees(w.admin, 'db')).toBe(false);
  expect(await link(page, 'other').count()).toBe(1);
  await page.getByRole('status').filter({ hasText: 'Deleted db.' }).getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Restored db.').waitFor();
  await link(page, 'db').waitFor();
  expect(await w.reveal(w.admin, 'db')).toBe(value);
});

test('a user can find a deleted secret by search, and can restore the secret only with DELETE', async () => {
  await w.secret('gone', { tags: ['team:pay'] });
  await w.secret('reused');
  const reader = await w.user('reader');
  await w.grant(reader.id, 'READ', 'team:pay');
  for (const name of ['gone', 'reused'])
    await w.admin.get('mutation ($n: String!) { deleteSecret(name: $n) { id } }', { n: name });
  await w.secret('reused');

  const { page: hers } = await b.signedIn('reader', reader.password, { path: '/deleted' });
  await hers.getByText('gone').first().waitFor();
  expect(await button(hers, 'Restore gone').getAttribute('aria-disabled')).toBe('true');
  expect(await hers.getByText('reused').count()).toBe(0);

  const { page } = await b.signedIn('ann', ann.password, { path: '/deleted' });
  await button(page, 'Restore reused').click();
  await page.getByText(/The gateway did not restore reused.*Name already taken/).waitFor();
  await page.getByLabel('Search').fill('gon');
  await button(page, 'Restore reused').waitFor({ state: 'detached' });
  await button(page, 'Restore gone').click();
  await page.getByText('Restored gone.').waitFor();
  await button(page, 'Restore gone').waitFor({ state: 'detached' });
  expect(await w.sees(reader, 'gone')).toBe(true);
  await page.getByRole('heading', { name: 'No deleted secrets match' }).waitFor();
});

test('if the gateway refuses to delete a secret, the list still shows the secret, and the dialog shows the reason', async () => {
  await w.secret('kept');
  const bob = await w.user('bob');
  await w.grant(bob.id, ['READ', 'DELETE'], 'kept');
  const { page } = await b.signedIn('bob', bob.password);
  await button(page, 'Delete kept').click();
  await w.revoke(bob.id, 'kept', ['DELETE']);
  await button(page, 'Delete').click();
  await page.getByRole('dialog').getByRole('alert').filter({ hasText: 'Permission denied' }).waitFor();
  await button(page, 'Cancel').click();
  await link(page, 'kept').waitFor();
});
